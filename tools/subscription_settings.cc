#include "tools/subscription_settings.h"

#include <charconv>

#include "schemas/text.h"
#include "tools/receiver_section.h"

namespace hookledger {
namespace {

constexpr std::size_t kSubscriptionsMax = 16;
constexpr unsigned kParallelDefault = 8, kParallelMax = 64;
constexpr double kRateMax = 100'000;
constexpr std::uint64_t kAttemptsMax = 1'000'000;
constexpr Duration kGiveUpDefault = std::chrono::hours(72);

class SectionReader {
 public:
  SectionReader(const std::string& name, const ReceiverSection::Keys& keys) : section_("subscription", name, keys) {
    subscription_.options.name = name;
  }

  Result<SubscriptionSettings> read() {
    for (const auto& done : {section_.check_name(), read_types(), read_sources(), read_organization(), read_url(),
                             read_secret(), read_rate(), read_parallel(), read_limit(), read_beginning()}) {
      if (!done) return done.error();
    }
    return subscription_;
  }

 private:
  Result<void> read_types() {
    auto types = section_.words("types");
    if (!types) return types.error();
    for (const std::string& type : *types) {
      if (type.find('*') < type.size() - 1)
        return section_.wrong("types '" + printable(type) + "': a * is for the end");
    }
    subscription_.options.filter.types = std::move(*types);
    return {};
  }

  Result<void> read_sources() {
    auto sources = section_.words("sources");
    if (!sources) return sources.error();
    subscription_.options.filter.sources = std::move(*sources);
    return {};
  }

  Result<void> read_organization() {
    if (const auto words = section_.words("organization"); !words) return words.error();
    subscription_.options.filter.organization = section_.value("organization");
    return {};
  }

  Result<void> read_url() {
    auto url = section_.url();
    if (!url) return url.error();
    subscription_.url = std::move(*url);
    return {};
  }

  Result<void> read_secret() {
    auto key = section_.secret();
    if (!key) return key.error();
    subscription_.options.key = std::move(*key);
    return {};
  }

  Result<void> read_rate() {
    const std::string text = section_.value("rate");
    if (text.empty()) return {};
    double& rate = subscription_.options.rate;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), rate);
    if (failed == std::errc() && end == text.data() + text.size() && rate > 0 && rate <= kRateMax) return {};
    return section_.wrong("rate '" + printable(text) + "': give records a second, above 0 and at most 100000");
  }

  Result<void> read_parallel() {
    const std::string text = section_.value("parallel");
    const auto parallel = text.empty() ? kParallelDefault : parse_unsigned(text);
    if (!parallel || *parallel == 0 || *parallel > kParallelMax) {
      return section_.wrong("parallel '" + printable(text) + "': give a number from 1 to 64, of calls at once");
    }
    subscription_.options.parallel = static_cast<unsigned>(*parallel);
    return {};
  }

  Result<void> read_limit() {
    const std::string text = section_.value("give-up-after");
    GiveUpAfter& limit = subscription_.options.give_up;
    if (text.empty()) {
      limit.time = kGiveUpDefault;
      return {};
    }
    if (text == "never") return {};
    const auto attempts = parse_unsigned(text);
    const auto time = parse_duration(text);
    if (attempts && *attempts > 0 && *attempts <= kAttemptsMax) {
      limit.attempts = static_cast<std::uint32_t>(*attempts);
    } else if (!attempts && time && *time > Duration(0)) {
      limit.time = *time;
    } else {
      return section_.wrong("give-up-after '" + printable(text) +
                            "': give a number of attempts, a duration such as 3d, or never");
    }
    return {};
  }

  Result<void> read_beginning() {
    const std::string text = section_.value("from");
    if (!text.empty() && text != "now" && text != "start") {
      return section_.wrong("from '" + printable(text) + "': give now or start");
    }
    subscription_.options.from_start = text == "start";
    return {};
  }

  const ReceiverSection section_;
  SubscriptionSettings subscription_;
};

}  // namespace

const char* const kSubscriptionHelp =
    "  [subscription.NAME]                # pushes records to an application as they come, signed; may repeat\n"
    "  url = https://app.example.com/hooks\n"
    "  secret-file = /etc/hookledger/app.secret      # whsec_ and base64, as in Standard Webhooks\n"
    "  types = call.*, conference.*       # default all; sources = and organization = likewise\n"
    "  rate = 200                         # attempts a second; default as fast as it goes\n"
    "  parallel = 8                       # calls at once\n"
    "  give-up-after = 3d                 # or a number of attempts, or never; then hookledger deadletters\n"
    "  from = now                         # or start: where a new one begins\n";

Result<std::vector<SubscriptionSettings>> configured_subscriptions(const Settings& settings) {
  std::vector<SubscriptionSettings> subscriptions;
  if (settings.subscriptions().size() > kSubscriptionsMax) {
    return Error{ErrorCode::kUsage, "the config file has more than 16 [subscription.NAME] sections"};
  }
  for (const auto& [name, section] : settings.subscriptions()) {
    auto subscription = SectionReader(name, section).read();
    if (!subscription) return subscription.error();
    subscriptions.push_back(std::move(*subscription));
  }
  return subscriptions;
}

}  // namespace hookledger
