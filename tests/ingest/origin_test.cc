#include "ingest/origin.h"

#include <gtest/gtest.h>
#include <string>

namespace hookledger {
namespace {

std::string parts(std::string_view url) {
  const auto origin = parse_origin(url);
  if (!origin) return "nothing";
  return std::string(origin->scheme) + "|" + std::string(origin->user) + "|" + std::string(origin->host);
}

TEST(Origin, IsSchemeUserInformationAndHost) {
  EXPECT_EQ(parts("https://example.org"), "https://||example.org");
  EXPECT_EQ(parts("http://example.org:8080"), "http://||example.org:8080");
  EXPECT_EQ(parts("https://user:p@ss@example.org"), "https://|user:p@ss@|example.org");
  EXPECT_EQ(parts("https://user@[::1]:8443"), "https://|user@|[::1]:8443");
  EXPECT_EQ(parts("https://[::1]"), "https://||[::1]");
}

TEST(Origin, IsNothingElse) {
  for (const std::string_view url :
       {"", "example.org", "//example.org", "ftp://example.org", "HTTPS://example.org", "https://", "https://user@",
        "https://:443", "https://example.org/", "https://example.org/path", "https://example.org?q",
        "https://example.org#rc=2", "https://example.org:", "https://example.org:x", "https://example.org:65536",
        "https://exam ple.org", "https://example.org\n", "https://ex\xC3\xA4mple.org", "a@https://example.org"}) {
    EXPECT_EQ(parts(url), "nothing") << url;
  }
}

}  // namespace
}  // namespace hookledger
