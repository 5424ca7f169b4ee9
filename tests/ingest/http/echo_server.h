#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <gtest/gtest.h>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "ingest/http/http.h"
#include "schemas/clock.h"

namespace hookledger::testing {

/// Time goes by; the calendar stands still.
class SteadyClock : public Clock {
 public:
  Time wall() const override { return Time(std::chrono::sys_days(std::chrono::year(2026) / 2 / 8)); }
  std::chrono::steady_clock::time_point monotonic() const override { return std::chrono::steady_clock::now(); }
};

/// Requests that their service has not answered, so that a test can.
class Held {
 public:
  std::mutex gate;  ///< While a test has it, `/gate` blocks its thread.

  void add(http::Responder& responder, http::Ticket ticket) {
    const std::lock_guard lock(mutex_);
    held_.push_back({&responder, ticket});
    changed_.notify_all();
  }
  /// False when there are fewer after 5 s.
  bool wait_for(std::size_t count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(5), [&] { return held_.size() >= count; });
  }
  std::size_t count() {
    const std::lock_guard lock(mutex_);
    return held_.size();
  }
  /// On how many threads.
  std::size_t responders() {
    const std::lock_guard lock(mutex_);
    std::set<http::Responder*> all;
    for (const auto& one : held_) all.insert(one.responder);
    return all.size();
  }
  /// Answers the request that came as number `index`; from this thread. False: it is too late.
  bool answer(std::size_t index, std::string body) {
    const std::lock_guard lock(mutex_);
    const auto [responder, ticket] = held_[index];
    return responder->post([=] { responder->answer(ticket, {.body = body, .headers = {}}); });
  }

 private:
  struct One {
    http::Responder* responder;
    http::Ticket ticket;
  };
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<One> held_;
};

/// By path: `/echo` answers with the body, `/headers` with what was in the head, `/held` when the test says,
/// `/flushed` at the end of the turn, `/large` with a megabyte, `/last` and closes, `/gate` when that is open; others
/// are 404 from their head on.
class EchoService : public http::Service {
 public:
  static constexpr std::size_t kLargeBytes = 1 << 20;

  EchoService(http::Responder& responder, Held& held) : responder_(responder), held_(held) {}

  std::optional<http::Response> accept_head(const http::Head& head) override {
    for (const char* path : {"/echo", "/headers", "/held", "/flushed", "/large", "/last", "/gate"}) {
      if (head.path() == path) return std::nullopt;
    }
    return http::Response{.status = 404, .body = "nothing here", .headers = {}};
  }

  void handle(const http::Head& head, std::string_view body, http::Ticket ticket) override {
    if (head.path() == "/held") return held_.add(responder_, ticket);
    if (head.path() == "/gate") const std::lock_guard wait(held_.gate);
    if (head.path() == "/flushed") return waiting_.push_back({ticket, std::string(body)});
    http::Response response{.body = std::string(body), .headers = {{"X-Method", std::string(head.method)}}};
    if (head.path() == "/large") response.body.assign(kLargeBytes, 'x');
    if (head.path() == "/last") response.close = true;
    if (head.path() == "/headers") {
      response.body = std::string(head.query()) + "\n";
      for (const auto& [name, value] : head.headers) response.body.append(name).append("=").append(value).append("\n");
    }
    responder_.answer(ticket, std::move(response));
  }

  void flush() override {
    for (auto& [ticket, body] : waiting_) {
      responder_.answer(ticket, {.body = std::to_string(waiting_.size()) + body, .headers = {}});
    }
    waiting_.clear();
  }

  http::Response refusal(http::Refusal refusal) override {
    static constexpr unsigned kStatus[] = {400, 408, 411, 413, 431, 503, 503};
    const auto index = static_cast<std::size_t>(refusal);
    return {
        .status = kStatus[index], .body = refusal == http::Refusal::kStopping ? "stopping" : "refused", .headers = {}};
  }

 private:
  http::Responder& responder_;
  Held& held_;
  std::vector<std::pair<http::Ticket, std::string>> waiting_;
};

/// A server of EchoService on a free port.
class EchoServer {
 public:
  explicit EchoServer(http::Limits limits = {}, unsigned threads = 1, std::optional<http::TlsFiles> tls = {},
                      std::string address = "127.0.0.1:0")
      : server_({.address = std::move(address),
                 .threads = threads,
                 .limits = limits,
                 .tls = std::move(tls),
                 .clock = &clock_,
                 .make_service = [this](http::Responder& responder) {
                   return std::make_unique<EchoService>(responder, held_);
                 }}) {
    problem_ = server_.start();
    EXPECT_EQ(problem_.value_or(""), "");
  }

  http::Server& operator*() { return server_; }
  http::Server* operator->() { return &server_; }
  Held& held() { return held_; }
  std::string address() const { return server_.address(); }

  /// False when there are others after 5 s.
  bool has_connections(std::size_t count) const {
    for (int i = 0; i < 500; ++i) {
      if (server_.statistics().connections == count) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
  }

 private:
  SteadyClock clock_;
  Held held_;
  http::Server server_;
  std::optional<std::string> problem_;
};

inline std::string post(std::string_view path, std::string_view body, std::string_view headers = {}) {
  return "POST " + std::string(path) + " HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n" + std::string(headers) + "\r\n" + std::string(body);
}

inline std::string get(std::string_view path, std::string_view headers = {}) {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: x\r\n" + std::string(headers) + "\r\n";
}

inline std::string post_chunked(std::string_view path, std::string_view chunks) {
  return "POST " + std::string(path) + " HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" +
         std::string(chunks);
}

/// `body` as chunks of at most `size` bytes, with the last one.
inline std::string chunked(std::string_view body, std::size_t size) {
  std::string chunks;
  while (!body.empty()) {
    const auto chunk = body.substr(0, size);
    char line[24];
    std::snprintf(line, sizeof line, "%zx\r\n", chunk.size());
    chunks.append(line).append(chunk).append("\r\n");
    body.remove_prefix(chunk.size());
  }
  return chunks + "0\r\n\r\n";
}

}  // namespace hookledger::testing
