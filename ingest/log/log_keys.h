#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "schemas/codec.h"
#include "schemas/place.h"
#include "schemas/time.h"

namespace hookledger {

/// Keys and small values of the embedded log (schemas/record.md). Internal to ingest/log.
inline constexpr std::uint32_t kLogFormat = 1;
inline constexpr std::string_view kFormatKey = "format";
inline constexpr std::string_view kPartitionsKey = "partitions";
inline constexpr std::string_view kOriginKey = "origin";

template <class T>
void append_big_endian(std::string& out, T value) {
  for (int shift = 8 * (static_cast<int>(sizeof value) - 1); shift >= 0; shift -= 8) {
    out.push_back(static_cast<char>(value >> shift & 0xff));
  }
}

template <class T>
T read_big_endian(std::string_view bytes) {
  T value = 0;
  for (const char byte : bytes.substr(0, sizeof value))
    value = static_cast<T>(value << 8 | static_cast<unsigned char>(byte));
  return value;
}

inline std::string place_key(Place place) {
  std::string key;
  append_big_endian(key, place.partition);
  append_big_endian(key, place.offset);
  return key;
}

/// Of a 12-byte key of the families `records` and `deliveries`.
inline Place key_place(std::string_view key) {
  return {read_big_endian<std::uint32_t>(key), read_big_endian<std::uint64_t>(key.substr(sizeof(std::uint32_t)))};
}

inline std::string next_key(std::uint32_t partition) {
  std::string key = "next";
  append_big_endian(key, partition);
  return key;
}

inline std::string followed_key(std::uint32_t partition) {
  std::string key = "followed";
  append_big_endian(key, partition);
  return key;
}

template <class T>
std::string fixed_value(T value) {
  std::string out;
  Encoder(out).fixed(value);
  return out;
}

struct DedupValue {
  Place place;
  Time appended_at;
};

inline std::string encode_dedup(const DedupValue& value) {
  std::string out;
  Encoder encoder(out);
  encoder.fixed(value.place.partition);
  encoder.fixed(value.place.offset);
  encoder.fixed<std::int64_t>(value.appended_at.time_since_epoch().count());
  return out;
}

inline std::optional<DedupValue> decode_dedup(std::string_view bytes) {
  Decoder decoder(bytes);
  DedupValue value;
  value.place.partition = decoder.fixed<std::uint32_t>();
  value.place.offset = decoder.fixed<std::uint64_t>();
  value.appended_at = Time(Duration(decoder.fixed<std::int64_t>()));
  if (!decoder.ok() || !decoder.done()) return std::nullopt;
  return value;
}

}  // namespace hookledger
