#pragma once

#include <array>
#include <optional>
#include <vector>

#include "schemas/ed25519/field.h"

namespace hookledger::ed25519 {

/// A point of the curve -x^2 + y^2 = 1 + d x^2 y^2 in extended coordinates: x = X/Z, y = Y/Z, T = XY/Z, each a product
/// (see Field). Takes as long as its value makes it: never for secrets.
struct Point {
  Field x{}, y = Field::from_small(1), z = Field::from_small(1), t{};  ///< The neutral one.
};

using PointBytes = FieldBytes;  ///< RFC 8032, section 5.1.2: y, and the sign of x in the highest bit.

/// Nothing when these are not the canonical bytes of a point of the curve.
std::optional<Point> decode_point(const PointBytes& bytes);
PointBytes encode_point(const Point& point);
Point negate(const Point& point);
/// Is eight times the point the neutral one?
bool has_small_order(const Point& point);

/// RFC 8032's B.
Point base_point();

/// Little-endian, below 2^253.
using Scalar = std::array<unsigned char, 32>;

/// One point's multiples, so that any multiple of it takes 43 additions and no doubling: for every 6 bits of a scalar
/// a row with 1, 2, … 32 times 2^(6 row) times the point. 165 kB; making it costs as much as some 20 verifications.
class Multiples {
 public:
  explicit Multiples(const Point& point);
  /// sum + scalar times the point.
  Point add_to(Point sum, const Scalar& scalar) const;

 private:
  struct Addend {  ///< A point by what an addition needs of it: y + x, y - x, 2dxy.
    Field sum, difference, product;
  };
  static Point add_or_subtract(const Point& p, const Addend& q, bool minus);

  std::vector<Addend> rows_;
};

}  // namespace hookledger::ed25519
