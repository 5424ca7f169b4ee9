#include "schemas/metrics.h"

#include <mutex>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>
#include <utility>

namespace hookledger {
namespace {

class PrometheusCounter : public Metrics::Counter {
 public:
  explicit PrometheusCounter(prometheus::Counter& counter) : counter_(counter) {}
  void add(double amount) override { counter_.Increment(amount); }

 private:
  prometheus::Counter& counter_;
};

class PrometheusGauge : public Metrics::Gauge {
 public:
  explicit PrometheusGauge(prometheus::Gauge& gauge) : gauge_(gauge) {}
  void set(double value) override { gauge_.Set(value); }

 private:
  prometheus::Gauge& gauge_;
};

class PrometheusHistogram : public Metrics::Histogram {
 public:
  explicit PrometheusHistogram(prometheus::Histogram& histogram) : histogram_(histogram) {}
  void observe(double value) override { histogram_.Observe(value); }

 private:
  prometheus::Histogram& histogram_;
};

template <class Instrument>
using Instruments = std::map<std::pair<std::string, Metrics::Labels>, std::unique_ptr<Instrument>>;

/// The instrument of this name and these labels; `make` gives it when it is new.
template <class Instrument, class Make>
Instrument& find_or_make(Instruments<Instrument>& instruments, const std::string& name, const Metrics::Labels& labels,
                         const Make& make) {
  auto& instrument = instruments[{name, labels}];
  if (!instrument) instrument = make();
  return *instrument;
}

}  // namespace

struct Metrics::State {
  prometheus::Registry registry;
  std::mutex mutex;  ///< Guards all below.
  Instruments<PrometheusCounter> counters;
  Instruments<PrometheusGauge> gauges;
  Instruments<PrometheusHistogram> histograms;
  std::vector<std::function<void()>> collectors;
};

Metrics::Metrics() : state_(std::make_unique<State>()) {}
Metrics::~Metrics() = default;

Metrics::Counter& Metrics::counter(const std::string& name, const std::string& help, const Labels& labels) {
  const std::lock_guard lock(state_->mutex);
  return find_or_make(state_->counters, name, labels, [&] {
    auto& family = prometheus::BuildCounter().Name(name).Help(help).Register(state_->registry);
    return std::make_unique<PrometheusCounter>(family.Add(labels));
  });
}

Metrics::Gauge& Metrics::gauge(const std::string& name, const std::string& help, const Labels& labels) {
  const std::lock_guard lock(state_->mutex);
  return find_or_make(state_->gauges, name, labels, [&] {
    auto& family = prometheus::BuildGauge().Name(name).Help(help).Register(state_->registry);
    return std::make_unique<PrometheusGauge>(family.Add(labels));
  });
}

Metrics::Histogram& Metrics::histogram(const std::string& name, const std::string& help,
                                       const std::vector<double>& bounds, const Labels& labels) {
  const std::lock_guard lock(state_->mutex);
  return find_or_make(state_->histograms, name, labels, [&] {
    auto& family = prometheus::BuildHistogram().Name(name).Help(help).Register(state_->registry);
    return std::make_unique<PrometheusHistogram>(family.Add(labels, bounds));
  });
}

void Metrics::on_collect(std::function<void()> collect) {
  const std::lock_guard lock(state_->mutex);
  state_->collectors.push_back(std::move(collect));
}

std::string Metrics::text() {
  std::vector<std::function<void()>> collectors;
  {
    const std::lock_guard lock(state_->mutex);
    collectors = state_->collectors;
  }
  for (const auto& collect : collectors) collect();  // Unlocked: it may look up instruments.
  return prometheus::TextSerializer().Serialize(state_->registry.Collect());
}

}  // namespace hookledger
