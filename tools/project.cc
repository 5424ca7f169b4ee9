#include <iostream>
#include <thread>

#include "ingest/kafka/record_appender.h"
#include "tools/alerts.h"
#include "tools/command.h"
#include "tools/data_access.h"
#include "tools/group_member.h"
#include "tools/kafka_alert_places.h"
#include "tools/kafka_publication.h"
#include "tools/kafka_settings.h"
#include "tools/kafka_subscription_places.h"
#include "tools/live_settings.h"
#include "tools/project_server.h"
#include "tools/project_settings.h"
#include "tools/recoveries.h"
#include "tools/signals.h"
#include "tools/subscriptions.h"
#include "tools/weak_topics.h"

namespace hookledger {
namespace {

constexpr std::chrono::milliseconds kSubjectsWait{20'000}, kSubjectsPause{500}, kReadersPause{5};
constexpr std::size_t kBodyBytesMax = std::size_t{64} * 1024 * 1024;  ///< The most that a sink can be told to take.

/// The parts of one projector among many, in the order in which they depend on each other.
class RunningProjector {
 public:
  RunningProjector(const Settings& settings, const CommandContext& context, const kafka::Cluster& cluster,
                   ProjectSettings project, Logger::Options logging)
      : settings_(settings),
        context_(context),
        clock_(context.clock),
        cluster_(cluster),
        project_(std::move(project)),
        data_dir_(data_dir(settings)),
        logger_(logging),
        subscriptions_({clock_, logger_, metrics_}, [this](const std::string& name) { return own_of(name); }) {}

  Result<int> run(const LiveSettings& live) {
    const auto recoveries = configured_recoveries(settings_);
    if (!recoveries) return recoveries.error();
    rules_ = live.rules;
    auto log = kafka::open_kafka_log_reader(cluster_, logger_);
    if (!log) return log.error();
    log_ = std::move(*log);
    warn_of_weak_topics(cluster_, {}, logger_);
    if (auto opened = open_subjects(); !opened) {
      return opened.error().code == ErrorCode::kStopping ? Result<int>(kExitDone) : opened.error();
    }
    states_.emplace(data_dir_, state_parts());
    if (auto opened = open_recoveries(*recoveries); !opened) return opened.error();
    if (auto set = subscriptions_.set(live.subscriptions); !set) return set.error();
    if (auto serving = serve(); !serving) return serving.error();
    if (auto joined = join(); !joined) return joined.error();
    if (auto telling = tell(live.alerts); !telling) return telling.error();
    joined_ = true;
    recoveries_->start(data_dir_ + "/recovery");
    std::cout << "listening api=" << server_->address() << std::endl;
    work();
    stop();
    return kExitDone;
  }

 private:
  /// Partitions may be without a leader for a while after a restart of brokers.
  Result<void> open_subjects() {
    const auto give_up_at = clock_.monotonic() + kSubjectsWait;
    while (true) {
      auto log = kafka::open_kafka_log_reader(cluster_, logger_);  // Two on one would fetch everything twice.
      auto opened = log ? Projection::open({.data_dir = data_dir_ + "/subjects"},
                                           {**log, *rules_, clock_, logger_, nullptr, stop_is_wanted})
                        : Result<std::unique_ptr<Projection>>(log.error());
      if (opened) {
        subjects_log_ = std::move(*log);
        const std::lock_guard lock(mutex_);
        subjects_ = std::move(*opened);
        return {};
      }
      if (opened.error().code != ErrorCode::kUnavailable || clock_.monotonic() >= give_up_at) return opened.error();
      logger_.warning("cannot open the state of devices, trying again", {{"reason", opened.error().detail}});
      std::this_thread::sleep_for(kSubjectsPause);
    }
  }

  Result<void> open_recoveries(const std::vector<RecoverySettings>& settings) {
    auto appender = kafka::RecordAppender::make({cluster_, clock_, logger_});
    if (!appender) return appender.error();
    appender_ = std::move(*appender);
    recoveries_.emplace(
        settings,
        Recoveries::Parts{*log_, [this](const std::vector<Append>& appends) { return appender_->append(appends); },
                          [this] { return states_here(); }, clock_, logger_, metrics_, kBodyBytesMax, true});
    return {};
  }

  StatesHere states_here() const {
    StatesHere here;
    here.open = states_->owned(&here.all);
    return here;
  }

  Result<Subscriptions::Own> own_of(const std::string& subscription) {
    auto reader = kafka::make_kafka_log_reader(cluster_, log_->partitions(), logger_);
    if (!reader) return reader.error();
    auto places = make_kafka_subscription_places(cluster_, subscription, logger_);
    if (!places) return places.error();
    std::shared_ptr<kafka::KafkaLogReader> log = std::move(*reader);
    // What is not noticed at once is looked for a second later.
    return Subscriptions::Own{.log = log, .places = std::move(*places), .on_add = [log](std::uint32_t partition) {
                                (void)log->watch(partition);
                              }};
  }

  Result<void> serve() {
    server_.emplace(
        ProjectServer::Parts{*log_, *states_, [this] { return rules(); }, clock_, logger_, metrics_,
                             [this] { return subjects(); }},
        ProjectServer::Options{project_.listener.api, project_.advertise, project_.threads, project_.sources},
        [this](std::uint32_t partition) -> std::optional<std::string> {
          return joined_ ? directory_->url_of(partition) : std::nullopt;
        });
    server_->also_ready("group", [this]() -> std::optional<std::string> {
      return joined_ ? group_->not_ready() : std::optional<std::string>("starting");
    });
    server_->also_warn("reload", [this] { return refused_.get(); });
    server_->also_ready("owners",
                        [this] { return joined_ ? directory_->not_ready() : std::optional<std::string>("starting"); });
    server_->add_letters([this] { return subscriptions_.letter_boxes(); });
    server_->add_recoveries(recoveries_->by_hand(), recoveries_->stop_token());
    return server_->start();
  }

  Projection::Parts state_parts() { return {*log_, *rules_, clock_, logger_, subjects_.get(), stop_is_wanted}; }

  std::shared_ptr<const RuleSet> rules() const {
    const std::lock_guard lock(mutex_);
    return rules_;
  }
  std::shared_ptr<Projection> subjects() const {
    const std::lock_guard lock(mutex_);
    return subjects_;
  }

  Result<void> join() {
    auto directory = kafka::OwnerDirectory::open(
        {.cluster = cluster_, .partitions = log_->partitions(), .instance = project_.instance, .url = server_->url()},
        logger_);
    if (!directory) return directory.error();
    directory_ = std::move(*directory);
    member_.emplace(GroupMember::Parts{*log_, *states_, *directory_, logger_, project_.standby, data_dir_});
    if (project_.standby) member_->stand_by();
    auto group = kafka::ConsumerGroup::join(
        {.cluster = cluster_, .instance = project_.instance, .session_timeout = project_.session_timeout}, *member_,
        logger_);
    if (!group) return group.error();
    group_ = std::move(*group);
    return {};
  }

  /// From now on publishes, and tells receivers of alerts.
  Result<void> tell(const std::vector<AlertSettings>& alerts) {
    auto reader = kafka::make_kafka_log_reader(cluster_, log_->partitions(), logger_);
    if (!reader) return reader.error();
    publisher_log_ = std::move(*reader);
    auto subjects_reader = kafka::make_kafka_log_reader(cluster_, log_->partitions(), logger_);
    if (!subjects_reader) return subjects_reader.error();
    publisher_subjects_log_ = std::move(*subjects_reader);
    auto started = Alerts::start(
        alerts, {*rules_, clock_, logger_, metrics_}, [this] { return open_log(); },
        [this](const std::string& alert) { return make_kafka_alert_places(cluster_, alert, logger_); });
    if (!started) return started.error();
    alerts_ = std::move(*started);
    alert_settings_ = alerts;
    publication_ = make_kafka_publication(cluster_, *group_, project_.instance, logger_);
    publisher_.emplace(Publisher::Parts{*publication_, *publisher_log_, *rules_, clock_, logger_, metrics_},
                       Publisher::Subjects{subjects_->store(), *publisher_subjects_log_});
    alerts_->add_subjects(*subjects_, data_dir_ + "/subjects", [this] { return owned(); });
    member_->publish_with(*publisher_, *alerts_, subscriptions_);
    return {};
  }

  Result<std::shared_ptr<const LogReader>> open_log() {
    auto reader = kafka::make_kafka_log_reader(cluster_, log_->partitions(), logger_);
    if (!reader) return reader.error();
    return std::shared_ptr<const LogReader>(std::move(*reader));
  }

  std::set<std::uint32_t> owned() const {
    std::set<std::uint32_t> partitions;
    for (const auto& state : states_->owned())
      partitions.insert(state->partitions().begin(), state->partitions().end());
    return partitions;
  }

  void stop_telling() {
    member_->stop_publishing();
    if (alerts_) alerts_->remove_subjects();
    alerts_.reset();
    publisher_.reset();
  }

  /// Until a signal asks to stop.
  void work() {
    while (true) {
      switch (wait_for_signal(ProjectServer::kInterval)) {
        case Signal::kStop: return;
        case Signal::kReload: reload(); break;
        case Signal::kNone:
          server_->tick();
          member_->tick();
          break;
      }
    }
  }

  /// When one of rules, alerts and subscriptions is wrong, those of before stay in force.
  void reload() {
    const auto settings = read_settings_again(project_command(), context_);
    const auto live = settings ? read_live_settings(*settings) : Result<LiveSettings>(settings.error());
    if (!live) {
      logger_.error("rules, alerts and subscriptions stay as they were", {{"reason", live.error().detail}});
      refused_.set("the last reload was refused, and the rules, alerts and subscriptions of before are in force: " +
                   live.error().detail);
      return;
    }
    refused_.set({});
    auto replaced = replace(live->rules, live->alerts);
    if (replaced) replaced = subscriptions_.set(live->subscriptions);
    if (replaced) {
      logger_.info("reloaded");
    } else if (replaced.error().code != ErrorCode::kStopping) {
      logger_.error("rules, alerts and subscriptions could not be put in force: restart",
                    {{"reason", replaced.error().detail}});
    }
  }

  /// By other rules first the past is evaluated: of devices and ratios, then of one partition after the other. What is
  /// not there yet is answered 503.
  Result<void> replace(std::shared_ptr<const RuleSet> rules, const std::vector<AlertSettings>& alerts) {
    const bool same_rules = subjects_ != nullptr && rules->same_as(*rules_);
    if (same_rules && alerts_ && alerts == alert_settings_) return {};
    stop_telling();
    if (!same_rules) {
      states_->close_all();
      close_subjects();
      {
        const std::lock_guard lock(mutex_);
        rules_.swap(rules);
      }
      if (auto opened = open_subjects(); !opened) return opened;
      states_->open_all(state_parts());
    }
    return tell(alerts);
  }

  /// Waits for those who still read.
  void close_subjects() {
    std::weak_ptr<Projection> last;
    {
      const std::lock_guard lock(mutex_);
      last = std::exchange(subjects_, nullptr);
    }
    while (!last.expired()) std::this_thread::sleep_for(kReadersPause);
    subjects_log_.reset();
  }

  void stop() {
    logger_.info("stopping");
    recoveries_->request_stop();
    server_->stop(project_.listener.drain_timeout);
    recoveries_->stop();
    subscriptions_.stop();
    stop_telling();
    group_->stop();
    if (subjects_) subjects_->stop();
  }

  const Settings& settings_;
  const CommandContext& context_;
  const Clock& clock_;
  const kafka::Cluster cluster_;
  const ProjectSettings project_;
  const std::string data_dir_;
  Logger logger_;
  Metrics metrics_;
  mutable std::mutex mutex_;  ///< Guards rules and subjects, which its main thread alone changes.
  std::shared_ptr<const RuleSet> rules_;
  Warning refused_;
  std::unique_ptr<kafka::KafkaLogReader> log_, publisher_log_, publisher_subjects_log_;
  std::unique_ptr<LiveLog> subjects_log_;
  std::shared_ptr<Projection> subjects_;
  std::optional<PartitionStates> states_;
  std::unique_ptr<kafka::RecordAppender> appender_;
  std::optional<Recoveries> recoveries_;
  std::unique_ptr<kafka::OwnerDirectory> directory_;
  std::optional<GroupMember> member_;
  std::unique_ptr<kafka::ConsumerGroup> group_;
  std::unique_ptr<Publication> publication_;
  std::optional<Publisher> publisher_;
  std::vector<AlertSettings> alert_settings_;
  std::unique_ptr<Alerts> alerts_;
  Subscriptions subscriptions_;
  std::atomic<bool> joined_ = false;  ///< Are directory and group there?
  std::optional<ProjectServer> server_;
};

Result<int> project(const Settings& settings, const CommandContext& context) {
  if (auto checked = expect_positional(settings, 0, ""); !checked) return checked.error();
  const auto cluster = kafka_cluster(settings);
  if (!cluster) return cluster.error();
  const auto read = read_project_settings(settings, context.clock);
  if (!read) return read.error();
  const auto format = settings.word("log-format", {"text", "json"});
  if (!format) return format.error();
  const auto live = read_live_settings(settings);
  if (!live) return live.error();
  block_signals();
  RunningProjector projector(settings, context, *cluster, *read,
                             {.json = *format == "json", .level = Logger::Level::kInfo});
  return projector.run(*live);
}

}  // namespace

Command project_command() {
  return {
      "project",
      "",
      "Projector, detector and API alone, from Kafka",
      "Shares the partitions of the log with all other projectors of the topic; each answers for any call, and\n"
      "publishes states and findings of its own partitions. Prints 'listening api=ADDR:PORT' when it serves. SIGHUP "
      "reads\n"
      "rules, alerts and subscriptions again. SIGTERM exits 0; who is back within the session timeout has its "
      "partitions still.\n\n"
      "  hookledger project --kafka-brokers kafka-1:9092,kafka-2:9092 --data-dir /var/lib/hookledger\n"
      "  hookledger calls --url http://127.0.0.1:8081\n\n"
      "In the config file, beside the options below, one section for each alert and each subscription:\n\n" +
          std::string(kAlertHelp) + "\n" + kSubscriptionHelp,
      project_options(),
      project};
}

}  // namespace hookledger
