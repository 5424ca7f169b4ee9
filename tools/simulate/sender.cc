#include "tools/simulate/sender.h"

#include <algorithm>
#include <deque>
#include <memory>
#include <netdb.h>
#include <queue>

#include "tools/simulate/connection.h"
#include "tools/simulate/epoll.h"
#include "tools/simulate/request_batch.h"

namespace hookledger {
namespace {

using namespace std::chrono_literals;
using Instant = std::chrono::steady_clock::time_point;
using Span = std::chrono::steady_clock::duration;

constexpr std::size_t kBatchMax = 20'000;
constexpr std::size_t kPacedBatchMax = 256;  // Signing these takes less time than anybody sees.
constexpr Duration kSignatureAgeMax = 60s;
constexpr Span kAnswerTimeout = 30s;
constexpr Span kConnectRetryWait = 200ms;
constexpr Span kRefusedMax = 10s;
constexpr Span kDefaultRetryAfter = 200ms, kRetryAfterMax = 5s;
constexpr Span kTick = 100ms;

Span from_seconds(double seconds) { return std::chrono::duration_cast<Span>(std::chrono::duration<double>(seconds)); }

struct AddressInfoDeleter {
  void operator()(addrinfo* info) const { ::freeaddrinfo(info); }
};
using AddressInfo = std::unique_ptr<addrinfo, AddressInfoDeleter>;

AddressInfo resolve(const HttpUrl& url) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(url.host.c_str(), url.port.c_str(), &hints, &found) != 0) return nullptr;
  return AddressInfo(found);
}

class Sender {
 public:
  Sender(const Plan& plan, const SendOptions& options, const Ed25519KeyPair& key, const Clock& clock,
         const TrafficProgress& progress, AddressInfo peer)
      : plan_(plan),
        options_(options),
        clock_(clock),
        progress_(progress),
        peer_(std::move(peer)),
        writer_(plan, options.url, key, clock) {
    for (std::uint32_t i = 0; i < options.connections; ++i) {
      slots_.emplace_back(epoll_.fd(), i);
      idle_.push_back(i);
    }
    report_.taken.resize(plan.deliveries.size());
    latencies_.reserve(plan.deliveries.size());
  }

  Result<SendReport> run() {
    const std::size_t total = plan_.deliveries.size();
    const std::size_t batch = options_.pace > 0 ? kPacedBatchMax : kBatchMax;
    for (std::size_t begin = 0; begin < total && !nobody_answers_; begin += batch) {
      first_ = begin;
      requests_ = writer_.write(begin, std::min(begin + batch, total));
      tries_.assign(requests_.size(), 0);
      send_batch();
    }
    if (nobody_answers_)
      return Error{ErrorCode::kUnavailable, "nobody answers at " + options_.url.authority + "; is the server running?"};
    report_.seconds = std::chrono::duration<double>(timed_).count();
    if (report_.seconds > 0) report_.rate = static_cast<double>(latencies_.size()) / report_.seconds;
    report_.latency = latencies_of(latencies_);
    return std::move(report_);
  }

 private:
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

  struct Slot {
    Slot(int epoll, std::uint32_t tag) : connection(epoll, tag) {}
    HttpConnection connection;
    std::size_t request = kNone;  ///< Of the batch, on its way.
    Instant since, sent_at;       ///< Latency counts from `since`.
  };

  struct Retry {
    Instant due;
    std::size_t request;
    bool operator>(const Retry& other) const { return due > other.due; }
  };

  void send_batch() {
    batch_began_ = now_ = clock_.monotonic();
    next_ = finished_ = 0;
    Instant next_tick = now_ + kTick;
    while (finished_ < requests_.size() && !nobody_answers_) {
      while (!idle_.empty()) {
        const std::uint32_t slot = idle_.back();
        idle_.pop_back();
        if (!send_next(slot)) {
          idle_.push_back(slot);
          break;
        }
      }
      epoll_.wait(idle_.empty() ? kTick : std::min(next_due() - now_, kTick), [this](std::uint32_t slot) {
        now_ = clock_.monotonic();
        Slot& ready = slots_[slot];
        finish_step(slot, ready.connection.advance());
      });
      now_ = clock_.monotonic();
      if (now_ < next_tick) continue;
      next_tick = now_ + kTick;
      tick();
    }
    timed_ += now_ - batch_began_;
  }

  /// When the delivery is to be sent, in the timed part's time.
  Instant due(std::size_t request) const {
    const std::size_t delivery = first_ + request;
    Span at{0};
    if (options_.rate > 0) at = from_seconds(static_cast<double>(delivery) / options_.rate);
    if (options_.pace > 0) {
      const std::chrono::duration<double> simulated = plan_.deliveries[delivery].arrives_at - plan_.options.start;
      at = std::max(at, from_seconds(simulated.count() / options_.pace));
    }
    return batch_began_ - timed_ + at;
  }

  bool waits_for_time() const { return options_.rate > 0 || options_.pace > 0; }

  Instant next_due() const {
    Instant at = now_ + kTick;
    if (!retries_.empty()) at = std::min(at, retries_.top().due);
    if (next_ < requests_.size()) at = std::min(at, due(next_));
    return at;
  }

  /// Sends what is due on an idle connection, if anything is.
  bool send_next(std::uint32_t slot) {
    Instant since = now_;
    std::size_t request = kNone;
    if (!retries_.empty() && retries_.top().due <= now_) {
      request = retries_.top().request;
      retries_.pop();
    } else if (next_ < requests_.size()) {
      if (waits_for_time()) {
        since = due(next_);
        if (since > now_) return false;
      }
      request = next_++;
    } else {
      return false;
    }
    if (tries_[request] == 0) ++report_.sent;
    if (tries_[request]++ > 0) ++report_.retries;
    if (clock_.wall() - requests_[request].signed_at > kSignatureAgeMax) writer_.sign_again(requests_[request]);
    Slot& sending = slots_[slot];
    sending.request = request;
    sending.since = since;
    sending.sent_at = now_;
    finish_step(slot, sending.connection.send(*peer_, requests_[request].text));
    return true;
  }

  void finish_step(std::uint32_t slot, HttpConnection::Step step) {
    Slot& done = slots_[slot];
    if (step == HttpConnection::Step::kWaiting || done.request == kNone) return;
    const std::size_t request = std::exchange(done.request, kNone);
    idle_.push_back(slot);
    switch (step) {
      case HttpConnection::Step::kAnswered: return answered(request, done);
      case HttpConnection::Step::kLost: return lost(request);
      case HttpConnection::Step::kRefused: return refused(request);
      case HttpConnection::Step::kWaiting: return;
    }
  }

  void answered(std::size_t request, const Slot& slot) {
    last_answer_ = now_;
    refused_since_.reset();
    const Answer& answer = slot.connection.answer();
    const auto latency = std::chrono::duration_cast<std::chrono::microseconds>(now_ - slot.since);
    latencies_.push_back(static_cast<std::uint32_t>(std::clamp<std::int64_t>(latency.count(), 0, UINT32_MAX)));
    ++report_.answers[answer.status];
    if (answer.status == 200) {
      report_.taken[first_ + request] = true;
      count_outcome(answer.body);
    } else if (report_.refused_with == 0) {
      report_.refused_with = answer.status;
      report_.refusal = answer.body;
    }
    if (answer.status == 503 && tries_[request] < kTriesMax) {
      const Span wait = answer.retry_after ? Span(*answer.retry_after) : kDefaultRetryAfter;
      retries_.push({now_ + std::min(wait, kRetryAfterMax), request});
      return;
    }
    ++finished_;
  }

  void lost(std::size_t request) {
    ++report_.reconnects;
    if (tries_[request] < kTriesMax) {
      retries_.push({now_, request});
    } else {
      ++report_.unanswered;
      ++finished_;
    }
  }

  /// Nothing was sent, so this was no try.
  void refused(std::size_t request) {
    if (!refused_since_) refused_since_ = now_;
    nobody_answers_ = !last_answer_ || now_ - *refused_since_ > kRefusedMax;
    --tries_[request];
    if (tries_[request] == 0) --report_.sent;
    retries_.push({now_ + kConnectRetryWait, request});
  }

  void count_outcome(std::string_view body) {
    constexpr std::string_view kStatus = R"("status":")";
    const std::size_t at = body.find(kStatus);
    if (at == std::string_view::npos) return;
    const std::string_view outcome = body.substr(at + kStatus.size());
    if (outcome.starts_with("accepted\"")) ++report_.accepted;
    if (outcome.starts_with("duplicate\"")) ++report_.duplicate;
    if (outcome.starts_with("unrecognised\"")) ++report_.unrecognised;
  }

  void tick() {
    for (std::uint32_t slot = 0; slot < slots_.size(); ++slot) {
      const Slot& waiting = slots_[slot];
      if (waiting.request == kNone || now_ - waiting.sent_at < kAnswerTimeout) continue;
      if (!last_answer_ || *last_answer_ < waiting.sent_at) nobody_answers_ = true;
      slots_[slot].connection.close();
      finish_step(slot, HttpConnection::Step::kLost);
    }
    if (progress_) progress_(first_ + finished_, plan_.deliveries.size());
  }

  const Plan& plan_;
  const SendOptions& options_;
  const Clock& clock_;
  const TrafficProgress& progress_;
  AddressInfo peer_;
  RequestWriter writer_;
  Epoll epoll_;
  std::deque<Slot> slots_;
  std::vector<std::uint32_t> idle_;

  std::size_t first_ = 0;  ///< Delivery that the batch begins with.
  std::vector<SignedRequest> requests_;
  std::vector<unsigned> tries_;
  std::size_t next_ = 0, finished_ = 0;
  std::priority_queue<Retry, std::vector<Retry>, std::greater<>> retries_;

  Instant now_, batch_began_;
  Span timed_{0};
  std::optional<Instant> last_answer_, refused_since_;
  bool nobody_answers_ = false;
  std::vector<std::uint32_t> latencies_;
  SendReport report_;
};

}  // namespace

std::optional<Error> check_options(const SendOptions& options) {
  const auto bad = [](const char* detail) { return Error{ErrorCode::kUsage, detail}; };
  if (!(options.rate >= 0)) return bad("--rate must be a number of events a second");
  if (!(options.pace >= 0)) return bad("--pace must be a factor, 1 for as it happens");
  if (options.connections == 0 || options.connections > SendOptions::kConnectionsMax)
    return bad("--connections must be 1 to 1000");
  return std::nullopt;
}

Result<SendReport> send_plan(const Plan& plan, const SendOptions& options, const Ed25519KeyPair& key,
                             const Clock& clock, const TrafficProgress& progress) {
  if (std::optional<Error> error = check_options(options)) return std::move(*error);
  AddressInfo peer = resolve(options.url);
  if (!peer) return Error{ErrorCode::kUsage, "no address for host " + options.url.host};
  return Sender(plan, options, key, clock, progress, std::move(peer)).run();
}

}  // namespace hookledger
