#include "ingest/http/connection.h"

#include <algorithm>
#include <boost/asio/error.hpp>
#include <utility>

namespace hookledger::http {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kUnsentBytesMax = 64 * 1024;  // With more than this unsent, no request is begun.
// How long a stopping server waits for the next request of a connection that is idle, so that a busy peer learns from
// an answer that it ends. A peer that is still in its handshake gets a little longer.
constexpr auto kDrainGrace = 200ms;
constexpr auto kDrainHandshakeGrace = 1s;
constexpr auto kDrainLinger = 500ms;  // The end must not wait for peers that keep their side open.

bool must_have_length(std::string_view method) { return method == "POST" || method == "PUT" || method == "PATCH"; }

}  // namespace

Connection::Connection(ConnectionSet& set, std::uint64_t id, Stream stream)
    : set_(set),
      id_(id),
      stream_(std::move(stream)),
      reader_(set.limits, set.budget),
      slots_(std::max<std::size_t>(set.limits.pipelined_max, 1)),
      idle_since_(set.clock.monotonic()) {}

void Connection::start() { read(); }

void Connection::turn_away(Refusal refusal) { refuse(refusal); }

// Reading

void Connection::process() {
  while (state_ == State::kOpen && may_read()) {
    switch (reader_.step()) {
      case RequestReader::Step::kMore: return wait_for_more();
      case RequestReader::Step::kHead: on_head(); break;
      case RequestReader::Step::kRequest: on_request(); break;
      case RequestReader::Step::kRefused:
        if (early_) return conclude_early();
        refuse(reader_.refusal());
        break;
    }
  }
}

bool Connection::may_read() const {
  return reader_.inside_body() || (next_ - oldest_ < slots_.size() && unsent_bytes() < kUnsentBytesMax);
}

void Connection::wait_for_more() {
  if (early_) return conclude_early();  // Nobody waits for a body that is not wanted.
  if (!reader_.inside_request()) {
    idle_since_ = set_.clock.monotonic();
  } else if (!request_deadline_) {
    request_deadline_ = set_.clock.monotonic() + set_.limits.read_timeout;
  }
  read();
}

void Connection::read() {
  const std::span<char> room = reader_.room();
  if (room.empty()) return refuse(Refusal::kOverloaded);
  reading_ = true;
  stream_.async_read(room, [self = shared_from_this()](error_code ec, std::size_t bytes) { self->on_read(ec, bytes); });
}

void Connection::on_read(error_code ec, std::size_t bytes) {
  reading_ = false;
  if (state_ == State::kClosed) return;
  if (ec == boost::asio::error::eof && state_ != State::kLingering) {
    ended_by_peer_ = true;  // It may still wait for answers.
    return end();
  }
  if (ec) return close();
  if (state_ == State::kLingering) return read_and_drop();
  if (state_ != State::kOpen) return;
  reader_.received(bytes);
  process();
}

void Connection::on_head() {
  const Head& head = reader_.head();
  const bool lacks_length = !reader_.chunked() && !reader_.length() && must_have_length(head.method);
  if (auto early = set_.service->accept_head(head)) {
    if (lacks_length) return conclude(std::move(*early));
    early_ = std::move(early);
  } else if (lacks_length) {
    refuse(Refusal::kLengthRequired);
  } else if (reader_.waits_for_continue()) {
    continue_wanted_ = true;
    queue_write();
  }
}

void Connection::on_request() {
  request_deadline_.reset();
  continue_wanted_ = false;
  const bool keep_alive = reader_.keep_alive();
  const std::uint64_t sequence = take_slot(!keep_alive);
  if (early_) {
    answer(sequence, std::move(*std::exchange(early_, std::nullopt)));
  } else {
    set_.service->handle(reader_.head(), reader_.body(), Ticket{id_, sequence});
  }
  reader_.next();
  if (!keep_alive) end();
}

void Connection::refuse(Refusal refusal) { conclude(set_.service->refusal(refusal)); }

void Connection::conclude_early() { conclude(std::move(*std::exchange(early_, std::nullopt))); }

void Connection::conclude(Response response) {
  const std::uint64_t sequence = take_slot(true);
  end();
  answer(sequence, std::move(response));
}

// Answering

std::uint64_t Connection::take_slot(bool close) {
  slot(next_) = {.framing = {.head = reader_.head().method == "HEAD", .close = close, .http11 = reader_.http11()},
                 .answered = false,
                 .response = {}};
  return next_++;
}

void Connection::answer(std::uint64_t sequence, Response response) {
  if (sequence < oldest_ || sequence >= next_ || slot(sequence).answered) return;
  waiting_bytes_ += response.body.size();
  slot(sequence).response = std::move(response);
  slot(sequence).answered = true;
  queue_write();
}

void Connection::queue_write() {
  if (queued_ || state_ == State::kClosed) return;
  queued_ = true;
  set_.to_write.push_back(shared_from_this());
}

void Connection::write() {
  queued_ = false;
  if (state_ != State::kOpen && state_ != State::kEnding) return;
  collect_answers();
  if (continue_wanted_ && all_answered()) {  // Not before the answers to earlier requests.
    continue_wanted_ = false;
    out_.append(kContinue);
  }
  if (!blocked_) send();
}

void Connection::collect_answers() {
  while (!all_answered() && slot(oldest_).answered) {
    Slot& first = slot(oldest_);
    first.framing.close = is_last(first);
    append_response(out_, first.response, first.framing);
    waiting_bytes_ -= first.response.body.size();
    first.response = {};
    ++oldest_;
    if (first.framing.close) {
      next_ = oldest_;
      state_ = State::kEnding;
    }
  }
}

bool Connection::is_last(const Slot& slot) const {
  if (slot.framing.close || slot.response.close) return true;
  if (next_ - oldest_ > 1) return false;
  return state_ == State::kEnding || (set_.drains_since && !reader_.inside_request() && !stream_.has_unread());
}

void Connection::send() {
  while (!all_sent()) {
    error_code ec;
    sent_ += stream_.write(std::string_view(out_).substr(sent_), ec);
    if (ec == boost::asio::error::would_block) {
      blocked_ = true;
      untaken_ = stream_.untaken();
      write_deadline_ = set_.clock.monotonic() + set_.limits.read_timeout;
      stream_.async_wait_writable([self = shared_from_this()](error_code failed) {
        self->blocked_ = false;
        if (self->state_ == State::kClosed) return;
        if (failed) return self->close();
        self->send();
      });
      return;
    }
    if (ec) return close();
  }
  on_sent();
}

void Connection::on_sent() {
  sent_ = 0;
  if (out_.capacity() > kUnsentBytesMax) out_ = {};
  out_.clear();
  idle_since_ = set_.clock.monotonic();
  if (state_ == State::kEnding && all_answered()) return linger();
  if (state_ == State::kOpen && !reading_ && !resuming_) {
    resuming_ = true;
    stream_.post([self = shared_from_this()] {
      self->resuming_ = false;
      if (!self->reading_) self->process();
    });
  }
}

// Ending

void Connection::check(TimePoint now) {
  if (state_ == State::kLingering && now - lingers_since_ >= linger_time()) return close();
  const bool established = stream_.established();
  if (established) {
    if (blocked_ && is_stuck(now)) return close();
    if (request_deadline_ && now >= *request_deadline_) return refuse(Refusal::kTimeout);
    if (state_ != State::kOpen || !idle()) return;
  }
  if (now - idle_since_ >= (established ? set_.limits.idle_timeout : set_.limits.read_timeout)) return close();
  if (set_.drains_since && now - *set_.drains_since >= (established ? kDrainGrace : kDrainHandshakeGrace) &&
      !stream_.has_unread()) {
    close();
  }
}

std::chrono::milliseconds Connection::linger_time() const {
  return set_.drains_since ? std::min<std::chrono::milliseconds>(set_.limits.linger, kDrainLinger) : set_.limits.linger;
}

bool Connection::is_stuck(TimePoint now) {
  if (now < write_deadline_) return false;
  // The socket becomes writable long after the peer has begun to take what is in the system's buffers.
  const std::size_t before = std::exchange(untaken_, stream_.untaken());
  write_deadline_ = now + set_.limits.read_timeout;
  return untaken_ >= before;
}

void Connection::cut() {
  if (state_ == State::kLingering || idle()) return close();
  for (std::uint64_t sequence = oldest_; sequence != next_; ++sequence) {
    answer(sequence, set_.service->refusal(Refusal::kStopping));
  }
  if (state_ == State::kOpen && reader_.inside_request() && may_read()) return refuse(Refusal::kStopping);
  end();
}

void Connection::end() {
  if (state_ != State::kOpen) return;
  state_ = State::kEnding;
  request_deadline_.reset();
  continue_wanted_ = false;
  if (all_answered() && all_sent()) linger();
}

void Connection::linger() {
  state_ = State::kLingering;
  lingers_since_ = set_.clock.monotonic();
  stream_.end_output();
  if (ended_by_peer_) return close();
  if (reading_) return;
  reader_.release();
  read_and_drop();
}

void Connection::read_and_drop() {
  reading_ = true;
  stream_.async_read(set_.dropped,
                     [self = shared_from_this()](error_code ec, std::size_t bytes) { self->on_read(ec, bytes); });
}

void Connection::close() {
  if (state_ == State::kClosed) return;
  state_ = State::kClosed;
  stream_.close();
  set_.count.fetch_sub(1, std::memory_order_relaxed);
  set_.open.erase(id_);
}

}  // namespace hookledger::http
