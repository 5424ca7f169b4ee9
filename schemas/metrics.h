#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace hookledger {

/// The program's figures, in Prometheus' text format. Instruments live as long as the registry; looking
/// one up takes a lock, using one does not. Threads: any.
class Metrics {
 public:
  using Labels = std::map<std::string, std::string>;

  class Counter {
   public:
    virtual ~Counter() = default;
    virtual void add(double amount = 1) = 0;
  };
  class Gauge {
   public:
    virtual ~Gauge() = default;
    virtual void set(double value) = 0;
  };
  class Histogram {
   public:
    virtual ~Histogram() = default;
    virtual void observe(double value) = 0;
  };

  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  /// The same name and labels give the same instrument.
  Counter& counter(const std::string& name, const std::string& help, const Labels& labels = {});
  Gauge& gauge(const std::string& name, const std::string& help, const Labels& labels = {});
  /// `bounds`: upper bounds of the buckets, ascending, in the unit the name ends with.
  Histogram& histogram(const std::string& name, const std::string& help, const std::vector<double>& bounds,
                       const Labels& labels = {});

  /// Called before every `text()`, to set gauges that are read rather than counted.
  void on_collect(std::function<void()> collect);

  /// Prometheus text exposition format 0.0.4.
  std::string text();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace hookledger
