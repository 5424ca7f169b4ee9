#include "replay/redelivery/dead_letter.h"

#include "schemas/codec.h"

namespace hookledger {

std::string encode(const DeadLetter& letter) {
  std::string bytes;
  Encoder encoder(bytes);
  encoder.string(letter.id);
  encoder.string(letter.source);
  encoder.string(letter.type);
  encoder.string(letter.call);
  encoder.varint(letter.attempts);
  encoder.string(letter.answer);
  encoder.fixed(letter.given_up_at.time_since_epoch().count());
  encoder.fixed(static_cast<std::uint8_t>(letter.retry));
  return bytes;
}

std::optional<DeadLetter> decode_dead_letter(Place place, std::string_view bytes) {
  Decoder decoder(bytes);
  DeadLetter letter{.place = place};
  letter.id = decoder.string();
  letter.source = decoder.string();
  letter.type = decoder.string();
  letter.call = decoder.string();
  letter.attempts = static_cast<std::uint32_t>(decoder.varint());
  letter.answer = decoder.string();
  letter.given_up_at = Time(Duration(decoder.fixed<std::int64_t>()));
  letter.retry = decoder.fixed<std::uint8_t>() != 0;
  return decoder.ok() ? std::optional(std::move(letter)) : std::nullopt;
}

}  // namespace hookledger
