#include "tools/simulate/call_script.h"

#include <algorithm>

#include "schemas/text.h"
#include "tools/simulate/event_body.h"
#include "tools/simulate/random.h"

namespace hookledger {
namespace {

using namespace std::chrono_literals;

constexpr Duration kBetweenCalls = 1s;

constexpr HangupReason kCallerDone{"normal_clearing", "caller", "200"};
constexpr HangupReason kCalleeDone{"normal_clearing", "callee", "200"};
constexpr HangupReason kCancelled{"originator_cancel", "caller", "487"};
constexpr HangupReason kBusy{"user_busy", "callee", "486"};
constexpr HangupReason kNoAnswer{"timeout", "unknown", "480"};

/// Writes one call as it goes on: `now_` is the time reached. No expression draws twice from `random_`, because
/// the order would be the compiler's.
class CallWriter {
 public:
  CallWriter(const TrafficOptions& options, std::uint32_t index)
      : random_({options.seed, index}),
        talk_(options.talk),
        now_(options.start + kBetweenCalls * index + random_.between(0s, kBetweenCalls)),
        organization_(encode_base64(R"({"organization_id":"org-)" + std::to_string(100 + random_.below(40)) + R"("})")),
        script_{random_.uuid(), {}},
        bodies_{random_, script_.call_id, "16846411232360" + std::to_string(10000 + random_.below(5))} {}

  CallScript write(std::uint32_t legs) && {
    legs == 0 ? any_call() : ring_call(legs);
    std::ranges::stable_sort(script_.events, {}, &ScriptedEvent::occurred_at);
    return std::move(script_);
  }

 private:
  void any_call() {
    const std::uint64_t kind = random_.below(100);
    if (kind < 10) return menu();
    if (kind < 25) return outbound();
    if (kind < 30) return outbound_unanswered();
    if (kind < 40) return conference();
    if (kind < 60) return ring_call(1);
    ring_call(2 + static_cast<std::uint32_t>(random_.below(4)));
  }

  void ring_call(std::uint32_t devices) {
    const std::uint64_t outcome = random_.below(100);
    if (outcome < 20) return cancel(devices);
    if (outcome < 40) return transfer(devices);
    auto [caller, winner] = ring_and_connect(devices);
    talk_and_end(caller, winner);
  }

  /// A caller whom the application itself answers.
  void menu() {
    const SimulatedLeg caller = call_in();
    answer(caller, 200ms, 1500ms);
    const Time answered_at = now_;
    add(bodies_.speak(caller, pass(50ms, 200ms), "call.speak.started"));
    add(bodies_.speak(caller, pass(1s, 4s), "call.speak.ended"));
    add(bodies_.dtmf(caller, pass(500ms, 3s)));
    pass(talk_ / 2, talk_ * 3 / 2);
    hang_up(caller, kCallerDone);
    maybe_record(caller, answered_at);
  }

  /// A member of the organisation is called first, then the number to reach.
  void outbound() {
    const SimulatedLeg agent = call_device(number());
    answer(agent, 500ms, 3s);
    pass(50ms, 250ms);
    const SimulatedLeg customer = call_out(agent.from, number());
    answer(customer, 2s, 12s);
    bridge(agent, customer);
    talk_and_end(agent, customer);
  }

  void outbound_unanswered() {
    const SimulatedLeg agent = call_device(number());
    answer(agent, 500ms, 3s);
    pass(50ms, 250ms);
    const SimulatedLeg customer = call_out(agent.from, number());
    const bool busy = random_.chance(0.3);
    pass(busy ? 1s : 20s, busy ? 3s : 28s);
    hang_up(customer, busy ? kBusy : kNoAnswer);
    pass(100ms, 800ms);
    hang_up(agent, kCallerDone);
  }

  void cancel(std::uint32_t devices) {
    const SimulatedLeg caller = call_in();
    const std::vector<SimulatedLeg> ringing = ring(caller, devices);
    pass(1500ms, 15s);
    hang_up(caller, kCancelled);
    stop_ringing(ringing);
  }

  /// The one who answered hands the caller on to another number.
  void transfer(std::uint32_t devices) {
    const auto [caller, agent] = ring_and_connect(devices);
    pass(talk_ / 4, talk_ * 3 / 4);
    const SimulatedLeg target = call_out(agent.from, number());
    pass(50ms, 300ms);
    hang_up(agent, kCalleeDone);
    answer(target, 500ms, 1400ms);
    bridge(caller, target);
    talk_and_end(caller, target);
  }

  /// Two talking parties are moved into a conference.
  void conference() {
    const auto [caller, agent] = ring_and_connect(1);
    const std::string id = random_.uuid();
    const Time created_at = pass(1s, 3s);
    add(bodies_.conference(caller, created_at, "conference.created", id));
    for (const SimulatedLeg* leg : {&caller, &agent})
      add(bodies_.conference(*leg, pass(30ms, 200ms), "conference.participant.joined", id));
    pass(talk_ / 2, talk_ * 3 / 2);
    for (const SimulatedLeg* leg : {&agent, &caller}) {
      add(bodies_.conference(*leg, pass(100ms, 400ms), "conference.participant.left", id));
      pass(10ms, 50ms);
      hang_up(*leg, leg == &agent ? kCalleeDone : kCallerDone);
    }
    const Time ended_at = pass(20ms, 100ms);
    add(bodies_.conference(caller, ended_at, "conference.ended", id));
    add(bodies_.conference_recording_saved(caller, pass(800ms, 3s), id, created_at, ended_at));
  }

  struct Pair {
    SimulatedLeg caller, winner;
  };

  Pair ring_and_connect(std::uint32_t devices) {
    const SimulatedLeg caller = call_in();
    std::vector<SimulatedLeg> ringing = ring(caller, devices);
    const auto winner_at = ringing.begin() + static_cast<std::ptrdiff_t>(random_.below(devices));
    const SimulatedLeg winner = *winner_at;
    ringing.erase(winner_at);
    if (!ringing.empty() && random_.chance(0.1)) {
      pass(700ms, 2s);
      hang_up(ringing.back(), kBusy);
      ringing.pop_back();
    }
    answer(winner, 1s, 8s);
    const Time answered_at = now_;
    stop_ringing(ringing);
    now_ = answered_at;
    answer(caller, 40ms, 200ms);
    bridge(caller, winner);
    return {caller, winner};
  }

  std::vector<SimulatedLeg> ring(const SimulatedLeg& caller, std::uint32_t devices) {
    const Time from = pass(60ms, 250ms);
    std::vector<SimulatedLeg> legs;
    for (std::uint32_t i = 0; i < devices; ++i) {
      now_ = from + random_.between(0ms, 350ms);
      legs.push_back(call_device(caller.from));
    }
    now_ = from + 350ms;
    return legs;
  }

  /// Each within a second from now.
  void stop_ringing(const std::vector<SimulatedLeg>& legs) {
    const Time from = now_;
    for (const SimulatedLeg& leg : legs) {
      now_ = from + random_.between(150ms, 900ms);
      hang_up(leg, kCancelled);
    }
  }

  void talk_and_end(const SimulatedLeg& caller, const SimulatedLeg& callee) {
    const Time started_at = now_;
    pass(talk_ / 2, talk_ * 3 / 2);
    const bool caller_first = random_.chance(0.5);
    const HangupReason reason = caller_first ? kCallerDone : kCalleeDone;
    hang_up(caller_first ? caller : callee, reason);
    pass(50ms, 700ms);
    hang_up(caller_first ? callee : caller, reason);
    maybe_record(caller, started_at);
  }

  void maybe_record(const SimulatedLeg& leg, Time started_at) {
    if (!random_.chance(0.3)) return;
    const Time ended_at = now_;
    add(bodies_.recording_saved(leg, pass(800ms, 3s), started_at, ended_at));
  }

  // Steps. Each adds its events at `now_`, after letting time pass where it takes any.

  SimulatedLeg call_in() {
    const std::string from = number();
    const SimulatedLeg leg = make_leg("incoming", from, number());
    SimulatedLeg uncommanded = leg;
    uncommanded.client_state.clear();
    add(bodies_.initiated(uncommanded));
    return leg;
  }

  SimulatedLeg call_out(std::string from, std::string to) {
    SimulatedLeg leg = make_leg("outgoing", std::move(from), std::move(to));
    add(bodies_.initiated(leg));
    return leg;
  }

  SimulatedLeg call_device(std::string from) {
    return call_out(std::move(from), "sip:device" + std::to_string(1000 + random_.below(9000)) + "@sip.example.com");
  }

  void answer(const SimulatedLeg& leg, Duration least, Duration most) { add(bodies_.answered(leg, pass(least, most))); }

  void bridge(const SimulatedLeg& one, const SimulatedLeg& other) {
    add(bodies_.bridged(one, pass(50ms, 300ms)));
    add(bodies_.bridged(other, pass(1ms, 60ms)));
  }

  void hang_up(const SimulatedLeg& leg, const HangupReason& reason) { add(bodies_.hangup(leg, now_, reason)); }

  Time pass(Duration least, Duration most) { return now_ += random_.between(least, most); }

  void add(std::string data) { script_.events.push_back({now_, std::move(data)}); }

  SimulatedLeg make_leg(std::string direction, std::string from, std::string to) {
    std::string token = encode_base64(random_.bytes(40));
    std::ranges::replace(token, '+', '-');
    std::ranges::replace(token, '/', '_');
    while (token.ends_with('=')) token.pop_back();
    std::string id = random_.uuid();
    return {std::move(id), "v3:" + token, std::move(direction), std::move(from), std::move(to), organization_, now_};
  }

  std::string number() {
    const std::uint64_t area = 201 + random_.below(780);
    return "+1" + std::to_string(area) + "555" + std::to_string(1000 + random_.below(9000));
  }

  Random random_;
  Duration talk_;
  Time now_;
  std::string organization_;
  CallScript script_;
  EventBodies bodies_;
};

}  // namespace

CallScript write_call_script(const TrafficOptions& options, std::uint32_t index) {
  return CallWriter(options, index).write(options.legs);
}

}  // namespace hookledger
