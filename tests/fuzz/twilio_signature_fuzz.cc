// Input: the signature header, the URL and the body, a line each.

#include <set>

#include "ingest/verify/twilio_signature.h"
#include "schemas/crypto.h"
#include "schemas/form.h"
#include "schemas/hmac_sha1.h"
#include "schemas/text.h"
#include "tests/fuzz/input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hookledger;
  static const bool ready = (init_crypto(), true);
  require(ready, "libsodium starts");

  std::string_view rest = as_text(data, size);
  const auto take_line = [&rest] {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    return line;
  };
  const std::string_view signature = take_line(), url = take_line();
  const auto urls = twilio_signed_urls(url);
  require(urls.size() >= 2 && urls.size() <= 4, "a URL has two spellings, or four");
  require(std::set<std::string>(urls.begin(), urls.end()).size() == urls.size(), "none is there twice");
  const auto parameters = twilio_signed_parameters(url, rest);
  if (!parameters) return 0;
  require(parameters->size() <= rest.size(), "signed parameters are no longer than the body");

  const std::string_view token = "12345";
  require(!twilio_signature_fits(signature, token, urls, *parameters), "only the owner of the token can sign");
  for (const std::string& signed_url : urls) {
    const HmacSha1 code = hmac_sha1(token, signed_url + *parameters);
    const std::string_view bytes(reinterpret_cast<const char*>(code.data()), code.size());
    require(twilio_signature_fits(bytes, token, urls, *parameters), "every spelling may be signed");
    require(!twilio_signature_fits(bytes, "12346", urls, *parameters), "by nobody else");
  }
  return 0;
}
