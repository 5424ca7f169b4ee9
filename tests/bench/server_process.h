#pragma once

#include <string>
#include <sys/types.h>
#include <vector>

namespace hookledger::bench {

/// A `hookledger sink` or `serve` on free loopback ports. Ends with this object.
class ServerProcess {
 public:
  /// `role`: the command. `public_key`: base64, of the source `telnyx`. `more`: options.
  ServerProcess(const std::string& program, const std::string& role, const std::string& data_dir,
                const std::string& public_key, unsigned threads, const std::vector<std::string>& more = {});
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  pid_t id() const { return id_; }
  std::string webhook_url() const { return "http://" + webhooks_ + "/webhooks/telnyx"; }
  /// The value of a metric without labels; 0 when there is none.
  double metric(const std::string& name) const;

 private:
  pid_t id_ = -1;
  std::string webhooks_, api_;
};

}  // namespace hookledger::bench
