#include "replay/redelivery/subscription_book.h"

#include "projector/call_index.h"
#include "schemas/codec.h"

namespace hookledger {
namespace {

constexpr char kDone = 'D', kLetter = 'X';

const Error kDamaged{
    ErrorCode::kCorruption,
    "what is kept for a subscription is damaged: stop the server and remove the subscription's folder; what its "
    "application had not taken yet can be sent with hookledger redeliver"};

template <class T>
void append_big_endian(std::string& out, T value) {
  for (std::size_t i = sizeof value; i > 0; --i) out.push_back(static_cast<char>(value >> (8 * (i - 1)) & 0xff));
}

std::uint64_t read_big_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char byte : bytes) value = value << 8 | static_cast<unsigned char>(byte);
  return value;
}

std::string key_of(char kind, Place place) {
  std::string key(1, kind);
  append_big_endian(key, place.partition);
  append_big_endian(key, place.offset);
  return key;
}

std::optional<Place> place_of(std::string_view key) {
  if (key.size() != 1 + sizeof(Place::partition) + sizeof(Place::offset)) return std::nullopt;
  return Place{static_cast<std::uint32_t>(read_big_endian(key.substr(1, sizeof(Place::partition)))),
               read_big_endian(key.substr(1 + sizeof(Place::partition)))};
}

std::string encode_offset(std::uint64_t offset) {
  std::string bytes;
  Encoder(bytes).fixed(offset);
  return bytes;
}

}  // namespace

Result<std::unique_ptr<SubscriptionBook>> SubscriptionBook::open(Result<std::unique_ptr<KeyValue>> bytes) {
  if (!bytes) return bytes.error().code == ErrorCode::kCorruption ? kDamaged : bytes.error();
  std::unique_ptr<SubscriptionBook> book(new SubscriptionBook(std::move(*bytes)));
  const auto counted = book->for_each_letter({}, [&](const DeadLetter&) { return ++book->letters_; });
  if (!counted) return counted.error();
  return book;
}

Result<std::optional<OffsetSet>> SubscriptionBook::done(std::uint32_t partition) const {
  std::optional<OffsetSet> done;
  const auto scan = bytes_->scan(key_of(kDone, {partition, 0}), key_of(kDone, {partition + 1, 0}));
  while (true) {
    const auto more = scan->next();
    if (!more) return more.error();
    if (!*more) break;
    const auto place = place_of(scan->key());
    Decoder decoder(scan->value());
    const auto last = decoder.fixed<std::uint64_t>();
    if (!place || !decoder.ok()) return kDamaged;
    if (!done) done.emplace();
    done->add({place->offset, last});
  }
  if (done) (void)done->take_changes();
  return done;
}

void SubscriptionBook::note(std::uint32_t partition, OffsetSet::Changes changes) {
  if (changes.empty()) return;
  auto& unsaved = unsaved_[partition];
  for (const auto& [first, last] : changes) unsaved[first] = last;
}

Result<void> SubscriptionBook::save() {
  if (unsaved_.empty()) return {};
  Writes writes;
  for (const auto& [partition, changes] : unsaved_) {
    for (const auto& [first, last] : changes) {
      const std::string key = key_of(kDone, {partition, first});
      if (last) {
        writes.put(key, encode_offset(*last));
      } else {
        writes.erase(key);
      }
    }
  }
  auto written = bytes_->write(writes);
  if (written) unsaved_.clear();
  return written;
}

Result<void> SubscriptionBook::flush() {
  const bool flushed = letters_flushed_.exchange(true);
  auto done = bytes_->flush();
  if (!done) letters_flushed_ = flushed;
  return done;
}

Result<void> SubscriptionBook::put(const DeadLetter& letter) {
  const auto known = this->letter(letter.place);
  if (!known) return known.error();
  Writes writes;
  writes.put(key_of(kLetter, letter.place), encode(letter));
  auto written = bytes_->write(writes);
  if (!written) return written;
  letters_flushed_ = false;
  if (!*known) ++letters_;
  return written;
}

Result<bool> SubscriptionBook::retry(Place place) {
  auto known = letter(place);
  if (!known) return known.error();
  if (!*known) return false;
  (*known)->retry = true;
  if (auto written = put(**known); !written) return written.error();
  return true;
}

Result<bool> SubscriptionBook::drop(Place place) {
  const auto known = letter(place);
  if (!known) return known.error();
  if (!*known) return false;
  Writes writes;
  writes.erase(key_of(kLetter, place));
  if (auto written = bytes_->write(writes); !written) return written.error();
  --letters_;
  return true;
}

Result<std::optional<DeadLetter>> SubscriptionBook::letter(Place place) const {
  std::string value;
  const auto found = bytes_->get(key_of(kLetter, place), value);
  if (!found) return found.error();
  if (!*found) return std::optional<DeadLetter>();
  auto letter = decode_dead_letter(place, value);
  if (!letter) return kDamaged;
  return letter;
}

Result<std::vector<DeadLetter>> SubscriptionBook::letters(Place from, std::size_t max) const {
  std::vector<DeadLetter> letters;
  const auto visited = for_each_letter(from, [&](DeadLetter letter) {
    letters.push_back(std::move(letter));
    return letters.size() < max;
  });
  if (!visited) return visited.error();
  return letters;
}

Result<void> SubscriptionBook::for_each_letter(Place from, const std::function<bool(DeadLetter)>& visit) const {
  const auto scan = bytes_->scan(key_of(kLetter, from), state_key::beyond(std::string(1, kLetter)));
  while (true) {
    const auto more = scan->next();
    if (!more) return more.error();
    if (!*more) return {};
    const auto place = place_of(scan->key());
    auto letter = place ? decode_dead_letter(*place, scan->value()) : std::nullopt;
    if (!letter) return kDamaged;
    if (!visit(std::move(*letter))) return {};
  }
}

}  // namespace hookledger
