// Input: the signature header, the timestamp header and the body, a line each.

#include "ingest/verify/telnyx.h"
#include "schemas/text.h"
#include "tests/fuzz/input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hookledger;
  static const Ed25519KeyPair key = (init_crypto(), ed25519_key_pair({1, 2, 3}));
  static const Source source{
      .name = "telnyx", .kind = "telnyx", .path = "/", .keys = {{key_id(key.public_key), Ed25519Key(key.public_key)}}};
  constexpr Time kNow{std::chrono::seconds(1'770'545'731)};

  std::string_view rest = as_text(data, size);
  const auto take_line = [&rest] {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    return line;
  };
  SignatureEvidence evidence;
  evidence.signature = take_line();
  evidence.signed_at = take_line();
  const std::string signed_text = evidence.signed_at + '|' + std::string(rest);

  const std::string honest = encode_base64(as_text(ed25519_sign(key, signed_text).data(), 64));
  const Verification found = telnyx_verifier().verify(source, evidence, signed_text, kNow);
  if (found.verdict == SignatureVerdict::kValid || found.verdict == SignatureVerdict::kOutOfTolerance) {
    require(evidence.signature == honest, "only the owner of the key can sign");
  }
  evidence.signature = honest;
  require(telnyx_verifier().verify(source, evidence, signed_text, kNow).verdict == SignatureVerdict::kValid ||
              !found.reason.empty(),
          "what is refused has a reason");
  return 0;
}
