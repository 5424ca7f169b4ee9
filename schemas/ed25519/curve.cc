#include "schemas/ed25519/curve.h"

namespace hookledger::ed25519 {
namespace {

constexpr unsigned kWindowBits = 6;
constexpr std::size_t kRow = std::size_t{1} << (kWindowBits - 1);
constexpr std::size_t kWindows = 253 / kWindowBits + 1;  // With room for the last carry.

constexpr Field kOne = Field::from_small(1);

/// Minus a product, as a product.
constexpr Field minus(const Field& a) { return (Field{} - a) * kOne; }

constexpr Field kD = minus(Field::from_small(121665)) * inverse(Field::from_small(121666));
constexpr Field k2D = (kD + kD) * kOne;
/// 2^((p - 1) / 4) squared is 2^((p - 1) / 2), which is -1 as 2 is no square.
constexpr Field kRootOfMinusOne = square(power_p58(Field::from_small(2))) * Field::from_small(2);
static_assert(equal(square(kRootOfMinusOne), minus(kOne)));

/// Hisil, Wong, Carter, Dawson, Twisted Edwards curves revisited (2008), section 3.1. Holds for every pair of points,
/// equal ones and the neutral one too.
Point add(const Point& p, const Point& q) {
  const Field a = (p.y - p.x) * (q.y - q.x), b = (p.y + p.x) * (q.y + q.x);
  const Field c = p.t * k2D * q.t, d = (p.z + p.z) * q.z;
  const Field e = b - a, f = d - c, g = d + c, h = b + a;
  return {e * f, g * h, f * g, e * h};
}

/// All of them with one inversion (Montgomery). None may be zero.
std::vector<Field> inverses(const std::vector<Point>& points) {
  std::vector<Field> before;  // Of each, the product of the z before it.
  before.reserve(points.size());
  Field product = kOne;
  for (const Point& point : points) {
    before.push_back(product);
    product = product * point.z;
  }
  Field rest = inverse(product);
  for (std::size_t i = points.size(); i-- > 0;) {
    before[i] = rest * before[i];
    rest = rest * points[i].z;
  }
  return before;
}

/// From -31 to 32, least first: scalar = sum of digit[i] 2^(6 i).
std::array<int, kWindows> digits(const Scalar& scalar) {
  std::array<int, kWindows> digits;
  int carried = 0;
  for (std::size_t i = 0; i < kWindows; ++i) {
    const std::size_t byte = i * kWindowBits / 8;
    const unsigned next = byte + 1 < scalar.size() ? scalar[byte + 1] : 0;
    const unsigned bits = (scalar[byte] | next << 8) >> (i * kWindowBits % 8);
    const int digit = static_cast<int>(bits % (2 * kRow)) + carried;
    carried = digit > static_cast<int>(kRow) ? 1 : 0;
    digits[i] = digit - carried * static_cast<int>(2 * kRow);
  }
  return digits;
}

}  // namespace

std::optional<Point> decode_point(const PointBytes& bytes) {
  const Field y = decode(bytes);
  PointBytes unsigned_bytes = bytes;
  unsigned_bytes[31] &= 0x7f;
  if (encode(y) != unsigned_bytes) return std::nullopt;
  // x^2 = u/v; a candidate for x is u v^3 (u v^7)^((p - 5) / 8) (RFC 8032, section 5.1.3).
  const Field yy = square(y), u = (yy - kOne) * kOne, v = (kD * yy + kOne) * kOne;
  const Field v3 = square(v) * v;
  Field x = u * v3 * power_p58(u * square(v3) * v);
  const Field vxx = v * square(x);
  if (equal(vxx, minus(u))) {
    x = x * kRootOfMinusOne;
  } else if (!equal(vxx, u)) {
    return std::nullopt;
  }
  const bool odd = bytes[31] >> 7 == 1;
  if (odd && equal(x, {})) return std::nullopt;
  if (is_odd(x) != odd) x = minus(x);
  return Point{x, y, kOne, x * y};
}

PointBytes encode_point(const Point& point) {
  const Field z = inverse(point.z);
  PointBytes bytes = encode(point.y * z);
  if (is_odd(point.x * z)) bytes[31] |= 0x80;
  return bytes;
}

Point negate(const Point& point) { return {minus(point.x), point.y, point.z, minus(point.t)}; }

bool has_small_order(const Point& point) {
  Point multiple = point;
  for (int i = 0; i < 3; ++i) multiple = add(multiple, multiple);
  return equal(multiple.x, {}) && equal(multiple.y, multiple.z);
}

Point base_point() { return decode_point(encode(Field::from_small(4) * inverse(Field::from_small(5)))).value(); }

Multiples::Multiples(const Point& point) {
  std::vector<Point> multiples;
  multiples.reserve(kWindows * kRow);
  Point first = point;
  for (std::size_t row = 0; row < kWindows; ++row) {
    multiples.push_back(first);
    for (std::size_t i = 1; i < kRow; ++i) multiples.push_back(add(multiples.back(), first));
    first = add(multiples.back(), multiples.back());
  }
  const std::vector<Field> z = inverses(multiples);
  rows_.reserve(multiples.size());
  for (std::size_t i = 0; i < multiples.size(); ++i) {
    const Field x = multiples[i].x * z[i], y = multiples[i].y * z[i];
    rows_.push_back({(y + x) * kOne, (y - x) * kOne, x * y * k2D});
  }
}

/// The sum above with q's z = 1. Of -q, sum and difference are exchanged, and the product is negative.
Point Multiples::add_or_subtract(const Point& p, const Addend& q, bool minus) {
  const Field a = (p.y - p.x) * (minus ? q.sum : q.difference), b = (p.y + p.x) * (minus ? q.difference : q.sum);
  const Field c = p.t * q.product, d = p.z + p.z;
  const Field e = b - a, h = b + a, lower = d - c, upper = d + c;
  const Field& f = minus ? upper : lower;
  const Field& g = minus ? lower : upper;
  return {e * f, g * h, f * g, e * h};
}

Point Multiples::add_to(Point sum, const Scalar& scalar) const {
  const auto digit = digits(scalar);
  for (std::size_t i = 0; i < kWindows; ++i) {
    if (digit[i] == 0) continue;
    const auto multiple = static_cast<std::size_t>(digit[i] < 0 ? -digit[i] : digit[i]);
    sum = add_or_subtract(sum, rows_[i * kRow + multiple - 1], digit[i] < 0);
  }
  return sum;
}

}  // namespace hookledger::ed25519
