#include "ingest/http/request_reader.h"

#include <algorithm>
#include <gmock/gmock.h>
#include <string>

#include "tests/ingest/http/echo_server.h"
#include "tests/support/seeded.h"

namespace hookledger::http {
namespace {

using hookledger::testing::chunked;
using hookledger::testing::get;
using hookledger::testing::post;
using hookledger::testing::post_chunked;
using ::testing::ElementsAre;

/// What a reader makes of `bytes`, which come in pieces whose sizes `piece` tells: bodies, then why it stopped.
template <class Piece>
std::vector<std::string> read(std::string_view bytes, const Limits& limits, Piece piece) {
  Budget budget(limits.buffered_bytes_max);
  RequestReader reader(limits, budget);
  std::vector<std::string> seen;
  while (true) {
    switch (reader.step()) {
      case RequestReader::Step::kMore: {
        const auto room = reader.room();
        if (room.empty()) return seen.push_back("no room"), seen;
        const std::size_t count = std::min({room.size(), bytes.size(), std::size_t(piece())});
        if (count == 0) return seen;
        bytes.copy(room.data(), count);
        bytes.remove_prefix(count);
        reader.received(count);
        break;
      }
      case RequestReader::Step::kHead: break;
      case RequestReader::Step::kRequest:
        seen.emplace_back(reader.body());
        reader.next();
        break;
      case RequestReader::Step::kRefused:
        return seen.push_back("refused " + std::to_string(static_cast<int>(reader.refusal()))), seen;
    }
  }
}

std::vector<std::string> read(std::string_view bytes, const Limits& limits = {}) {
  return read(bytes, limits, [&] { return bytes.size(); });
}

const std::string kBad = "refused 0", kBodyTooLarge = "refused 3", kHeadTooLarge = "refused 4";

TEST(RequestReader, ReadsRequestsOneAfterAnother) {
  EXPECT_THAT(read(post("/a", "one") + get("/b") + post("/c", "three")), ElementsAre("one", "", "three"));
}

TEST(RequestReader, HowBytesArriveDoesNotMatter) {
  auto random = seeded_generator();
  const std::string large(70'000, 'b');
  const std::string bytes = post("/a", large) + post_chunked("/b", chunked(large, 999)) + get("/c") +
                            post("/d", "x", "X-Folded: a\r\n b\r\n") + "\r\n" + post("/e", "after an empty line") +
                            post_chunked("/f", "3;name=\"a;b\"\r\nabc\r\n0\r\nContent-Length: 7\r\n\r\n") +
                            "nonsense\r\n";
  const auto whole = read(bytes);
  ASSERT_EQ(whole.size(), 6U);  // The trailer that contradicts the framing is refused.
  EXPECT_EQ(whole[1], large);
  EXPECT_EQ(read(bytes, {}, [] { return 1; }), whole);
  for (int run = 0; run < 50; ++run) {
    EXPECT_EQ(read(bytes, {}, [&] { return 1 + random_below(random, 1 << random_below(random, 15)); }), whole);
  }
}

TEST(RequestReader, ALastChunkMayComeByteByByte) {
  EXPECT_THAT(read(post_chunked("/", "0\r\n\r\n") + get("/"), {}, [] { return 1; }), ElementsAre("", ""));
}

TEST(RequestReader, HeadStaysReadableWhileTheBodyGrows) {
  const Limits limits;
  Budget budget(limits.buffered_bytes_max);
  RequestReader reader(limits, budget);
  std::string_view bytes, body;
  const std::string requests =
      post("/first", "b") + post("/second", std::string(300'000, 'b'), "X: y\r\nFolded: a\r\n b\r\n");
  for (bytes = requests; body.size() < 2;) {
    switch (reader.step()) {
      case RequestReader::Step::kMore: {
        const auto room = reader.room();
        const std::size_t count = bytes.copy(room.data(), std::min<std::size_t>(room.size(), 5'000));
        bytes.remove_prefix(count);
        reader.received(count);
        break;
      }
      case RequestReader::Step::kHead: break;
      case RequestReader::Step::kRequest:
        body = reader.body();
        if (body.size() < 2) reader.next();
        break;
      case RequestReader::Step::kRefused: FAIL();
    }
  }
  EXPECT_EQ(reader.head().method, "POST");
  EXPECT_EQ(reader.head().target, "/second");
  EXPECT_EQ(reader.head().find("x").value, "y");
  EXPECT_EQ(reader.head().find("folded").value, "a b");
  EXPECT_EQ(reader.head().find("content-length").value, "300000");
}

TEST(RequestReader, HeadMayBeAsLargeAsTheLimit) {
  const std::string shortest = get("/", "X: \r\n");
  for (const std::size_t over : {0, 1}) {
    const std::string head = get("/", "X: " + std::string(16 * 1024 - shortest.size() + over, 'x') + "\r\n");
    ASSERT_EQ(head.size(), 16 * 1024 + over);
    const std::vector<std::string> expected{over == 0 ? "" : kHeadTooLarge};
    EXPECT_EQ(read(head + std::string(100'000, 'y')).front(), expected.front());
    EXPECT_EQ(read(head, {}, [] { return 1; }), expected);
  }
  EXPECT_THAT(read(std::string(16 * 1024 - 1, 'x')), ElementsAre());
  EXPECT_THAT(read(std::string(16 * 1024, 'x')), ElementsAre(kHeadTooLarge));
}

TEST(RequestReader, ChunkedBodyMayBeAsLargeAsTheLimit) {
  const Limits limits{.body_bytes_max = 100'000};
  for (const std::size_t size : {1'000, 7, 1}) {
    const std::string body(limits.body_bytes_max, 'b');
    EXPECT_THAT(read(post_chunked("/", chunked(body, size)), limits), ElementsAre(body));
    EXPECT_THAT(read(post_chunked("/", chunked(body + "b", size)), limits), ElementsAre(kBodyTooLarge));
  }
  EXPECT_THAT(read(post_chunked("/", "ffffffffffffffff\r\n"), limits), ElementsAre(kBodyTooLarge));
  EXPECT_THAT(read(post_chunked("/", "10000000000000000\r\n"), limits), ElementsAre(kBad));
}

TEST(RequestReader, SizeLinesAreBounded) {
  const std::string extension = ";x=" + std::string(20'000, 'x');
  EXPECT_THAT(read(post_chunked("/", "1" + extension + "\r\na\r\n0\r\n\r\n")), ElementsAre(kBad));
  EXPECT_THAT(read(post_chunked("/", std::string(20'000, '0'))), ElementsAre(kBad));
  EXPECT_THAT(read(post_chunked("/", "0\r\nX: " + std::string(20'000, 'x'))), ElementsAre(kBad));
  std::string many;
  for (int i = 0; i < 1'000; ++i) many += "1;x=" + std::string(100, 'x') + "\r\na\r\n";
  EXPECT_THAT(read(post_chunked("/", many + "0\r\n\r\n")), ElementsAre(kBad));
}

TEST(RequestReader, RefusesWhatTwoServersCouldReadDifferently) {
  const auto with = [](std::string_view headers) { return "POST / HTTP/1.1\r\n" + std::string(headers) + "\r\nabc"; };
  for (const char* headers : {
           "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
           "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n",
           "Transfer-Encoding: gzip\r\n",
           "Transfer-Encoding: gzip, chunked\r\n",
           "Transfer-Encoding: chunked, gzip\r\n",
           "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
           "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n",
           "Transfer-Encoding: \x0b"
           "chunked\r\n",
           "Content-Length: 3\r\nContent-Length: 4\r\n",
           "Content-Length: 3\r\nContent-Length: 3\r\n",
           "Content-Length: 3, 3\r\n",
           "Content-Length: +3\r\n",
           "Content-Length: -3\r\n",
           "Content-Length: 0x3\r\n",
           "Content-Length: 3 3\r\n",
           "Content-Length: \r\n",
           "Content-Length: 99999999999999999999999\r\n",
           "Content-Length : 3\r\n",
           " Content-Length: 3\r\n",
           "Content-Length\r\n",
           ": 3\r\n",
           "Host: a\r\nHost: b\r\n",
           "Content-Length: 3\nX: y\r\n",
           "Content-Length: 3\rX: y\r\n",
           "X: a\x01z\r\n",
       }) {
    EXPECT_THAT(read(with(headers)), ElementsAre(kBad)) << headers;
  }
  EXPECT_THAT(read("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), ElementsAre(kBad));
  EXPECT_THAT(read(with("Content-Length: 3\r\n")), ElementsAre("abc"));
}

TEST(RequestReader, RefusesWhatIsNoRequest) {
  using namespace std::string_literals;
  for (const std::string& line :
       {"GET / HTTP/2.0"s, "GET / HTTP/1.2"s, "GET / HTTP/0.9"s, "GET /"s, "GET  / HTTP/1.1"s, "GET / HTTP/1.1 "s,
        "/ HTTP/1.1"s, "GET /\0 HTTP/1.1"s, "GET / http/1.1"s, "G(T / HTTP/1.1"s, "\0\0\0\0"s, "\x16\x03\x01\x02"s,
        " GET / HTTP/1.1"s, "\r\nGET / HTTP/1.1"s, "PRI * HTTP/2.0"s}) {
    EXPECT_THAT(read("\r\n" + line + "\r\n\r\n"), ElementsAre(kBad)) << line;
  }
}

TEST(RequestReader, RefusesBadChunks) {
  for (const char* chunks :
       {"x\r\nabc\r\n0\r\n\r\n", "3\nabc\r\n0\r\n\r\n", "3\r\nabcd\r\n0\r\n\r\n", "3\r\nabc0\r\n\r\n", "-3\r\nabc\r\n",
        "0x3\r\nabc\r\n0\r\n\r\n", "3 abc\r\nabc\r\n0\r\n\r\n", "3;\r\nabc\r\n0\r\n\r\n", "0\r\nbad trailer\r\n\r\n",
        "0\r\nTransfer-Encoding: chunked\r\n\r\n"}) {
    EXPECT_THAT(read(post_chunked("/", chunks)), ElementsAre(kBad)) << chunks;
  }
}

TEST(RequestReader, RefusesBadSizeLinesBeforeTheyEnd) {
  for (const char* chunks : {"z", "zz\r\n", "\r", "\n", ";", " 5", "5\n", "5\nhello\n0\n\n", "5;x\n", "5\r\nhello\n",
                             "5\r\nhellox", "5\r\nhello\r\r", "5\r\nhello\r\nz", "5\r\nhello\r\n\r",
                             "5\r\nhello\r\n0\n", "0\n\n", "0\r\nX: y\n", "0\r\nX: y\n\r\n"}) {
    EXPECT_THAT(read(post_chunked("/", chunks)), ElementsAre(kBad)) << chunks;
    EXPECT_THAT(read(post_chunked("/", chunks), {}, [] { return 1; }), ElementsAre(kBad)) << chunks;
  }
  for (const char* chunks : {"", "0", "fF", "5\r", "5;x=\"y\"\r", "00005\r\n", "00005\r\nz", "5\r\nhello",
                             "5\r\nhello\r", "5\r\nhello\r\n", "5\r\n\n\n\n\n\n\r\n0\r\nX: y\r\n\r"}) {
    EXPECT_THAT(read(post_chunked("/", chunks)), ElementsAre()) << chunks;
    EXPECT_THAT(read(post_chunked("/", chunks), {}, [] { return 1; }), ElementsAre()) << chunks;
  }
}

TEST(RequestReader, BuffersGrowWithWhatComesAndComeFromTheBudget) {
  const Limits limits;
  Budget budget(50'000);
  RequestReader reader(limits, budget);
  const std::string head = "POST / HTTP/1.1\r\nContent-Length: 1000000\r\n\r\n";
  std::size_t received = 0;
  const auto receive = [&](std::size_t size) {
    const auto room = reader.room();
    if (room.empty()) return false;
    std::fill(room.begin(), room.end(), 'b');
    if (received == 0) head.copy(room.data(), room.size());
    size = std::min(size, room.size());
    received += size;
    reader.received(size);
    reader.step();
    return true;
  };
  ASSERT_TRUE(receive(1000));
  EXPECT_TRUE(budget.take(50'000)) << "announced bytes cost nothing";
  budget.give_back(50'000);
  while (receive(1000)) {
  }
  EXPECT_GT(received, 25'000U);
  EXPECT_LE(received, 50'000 + RequestReader::kBufferBytes);
  {
    RequestReader other(limits, budget);
    EXPECT_FALSE(other.room().empty()) << "everybody has a little";
  }
}

TEST(RequestReader, TrailersAreNoHeadersAndFoldedLinesAreOne) {
  const Limits limits;
  Budget budget(0);
  RequestReader reader(limits, budget);
  const std::string bytes =
      "POST /p?q HTTP/1.1\r\nA: 1\r\n 2\r\nB:\t3 \r\nTransfer-Encoding: chunked\r\n\r\n0\r\nEvil: 4\r\nA: 5\r\n\r\n";
  const auto room = reader.room();
  bytes.copy(room.data(), room.size());
  reader.received(bytes.size());
  ASSERT_EQ(reader.step(), RequestReader::Step::kHead);
  ASSERT_EQ(reader.step(), RequestReader::Step::kRequest);
  const Head& head = reader.head();
  EXPECT_EQ(head.find("a").count, 1U);
  EXPECT_EQ(head.find("a").value, "1 2");
  EXPECT_EQ(head.find("B").value, "3");
  EXPECT_EQ(head.find("evil").count, 0U);
  EXPECT_EQ(head.path(), "/p");
  EXPECT_EQ(head.query(), "q");
}

TEST(Head, PathIsWithoutSchemeHostAndQuery) {
  for (const auto& [target, path, query] :
       std::vector<std::array<const char*, 3>>{{"/a/b", "/a/b", ""},
                                               {"/a?b?c", "/a", "b?c"},
                                               {"http://h/a?b", "/a", "b"},
                                               {"http://h", "/", ""},
                                               {"/a?u=http://x/y", "/a", "u=http://x/y"},
                                               {"/://x", "/://x", ""},
                                               {"*", "*", ""}}) {
    const Head head{.method = "GET", .target = target, .headers = {}};
    EXPECT_EQ(head.path(), path);
    EXPECT_EQ(head.query(), query);
  }
}

}  // namespace
}  // namespace hookledger::http
