#include "ingest/http/tls.h"

#include <algorithm>
#include <array>
#include <boost/asio/error.hpp>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <fstream>
#include <limits>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "schemas/error.h"

namespace hookledger::http {
namespace {

/// What the operating system says against reading the file; empty: nothing.
std::string unreadable(const std::string& file) {
  std::ifstream stream(file);
  char byte;
  if (stream && stream.get(byte)) return {};
  if (stream.eof()) return "it is empty";
  return errno == ENOENT ? "there is no such file" : std::string("it cannot be read: ") + std::strerror(errno);
}

std::string refused_by_openssl(const std::string& what) {
  const char* const reason = ERR_reason_error_string(ERR_peek_error());  // The first came of the file itself.
  ERR_clear_error();
  return "it holds no PEM " + what + " that can be used (OpenSSL: " + (reason != nullptr ? reason : "no reason") + ")";
}

Time to_time(const ASN1_TIME* asn1) {
  std::tm fields{};
  if (ASN1_TIME_to_tm(asn1, &fields) != 1) return Time::min();
  using namespace std::chrono;
  const year_month_day day(year(fields.tm_year + 1900), month(static_cast<unsigned>(fields.tm_mon) + 1),
                           std::chrono::day(static_cast<unsigned>(fields.tm_mday)));
  return sys_days(day) + hours(fields.tm_hour) + minutes(fields.tm_min) + seconds(fields.tm_sec);
}

/// The default would ask on the terminal.
int no_passphrase(char*, int, int, void* asked) {
  if (asked != nullptr) *static_cast<bool*>(asked) = true;
  return -1;
}

std::string use_certificate(SSL_CTX* context, const TlsFiles& files) {
  if (std::string reason = unreadable(files.certificate); !reason.empty()) return reason;
  if (SSL_CTX_use_certificate_chain_file(context, files.certificate.c_str()) == 1) return {};
  return refused_by_openssl("certificate");
}

std::string use_key(SSL_CTX* context, const TlsFiles& files) {
  if (std::string reason = unreadable(files.key); !reason.empty()) return reason;
  bool asked = false;
  SSL_CTX_set_default_passwd_cb_userdata(context, &asked);
  const bool used = SSL_CTX_use_PrivateKey_file(context, files.key.c_str(), SSL_FILETYPE_PEM) == 1;
  SSL_CTX_set_default_passwd_cb_userdata(context, nullptr);
  if (asked) return ERR_clear_error(), "it is encrypted, and nobody is there to ask for the passphrase";
  const bool belongs = used ? SSL_CTX_check_private_key(context) == 1
                            : ERR_GET_REASON(ERR_peek_last_error()) != X509_R_KEY_VALUES_MISMATCH &&
                                  ERR_GET_REASON(ERR_peek_last_error()) != X509_R_KEY_TYPE_MISMATCH;
  if (!belongs) return ERR_clear_error(), "it is not the key of the certificate in " + files.certificate;
  return used ? std::string() : refused_by_openssl("private key");
}

int bounded(std::size_t size) { return static_cast<int>(std::min<std::size_t>(size, std::numeric_limits<int>::max())); }

std::string printable(const ASN1_STRING* text) {
  constexpr std::size_t kNameBytesMax = 253;
  if (text == nullptr) return {};
  std::string name(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                   std::min<std::size_t>(static_cast<std::size_t>(ASN1_STRING_length(text)), kNameBytesMax));
  std::ranges::replace_if(
      name, [](char c) { return c < 0x20 || c > 0x7e; }, '?');
  return name;
}

std::string first_host(const X509& certificate) {
  const auto free_names = [](GENERAL_NAMES* names) { GENERAL_NAMES_free(names); };
  const std::unique_ptr<GENERAL_NAMES, decltype(free_names)> names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; names != nullptr && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* const name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type == GEN_DNS) return printable(name->d.dNSName);
  }
  return {};
}

std::string common_name(const X509& certificate) {
  const X509_NAME* const subject = X509_get_subject_name(&certificate);
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  return at < 0 ? std::string() : printable(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
}

Certificate describe(const X509& certificate) {
  Certificate described{first_host(certificate), {}, to_time(X509_get0_notAfter(&certificate))};
  if (described.subject.empty()) described.subject = common_name(certificate);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  X509_digest(&certificate, EVP_sha256(), digest.data(), &size);
  described.fingerprint.assign(digest.begin(), digest.begin() + size);
  return described;
}

}  // namespace

std::variant<TlsProblem, std::shared_ptr<const TlsContext>> TlsContext::load(const TlsFiles& files) {
  auto result = std::make_shared<TlsContext>();
  result->context_.reset(SSL_CTX_new(TLS_server_method()));
  SSL_CTX* const context = result->context_.get();
  require(context != nullptr, "OpenSSL gives no context");
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context,
                      SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_mode(context,
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_default_passwd_cb(context, no_passphrase);
  ERR_clear_error();
  if (const auto reason = use_certificate(context, files); !reason.empty()) {
    return TlsProblem{.of_key = false, .reason = files.certificate + ": " + reason};
  }
  if (const auto reason = use_key(context, files); !reason.empty()) {
    return TlsProblem{.of_key = true, .reason = files.key + ": " + reason};
  }
  result->certificate_ = describe(*SSL_CTX_get0_certificate(context));
  return std::shared_ptr<const TlsContext>(std::move(result));
}

std::optional<TlsProblem> check_tls(const TlsFiles& files) {
  auto loaded = TlsContext::load(files);
  if (auto* problem = std::get_if<TlsProblem>(&loaded)) return std::move(*problem);
  return std::nullopt;
}

std::unique_ptr<TlsSession> TlsContext::accept(int socket) const {
  SSL* const ssl = SSL_new(context_.get());
  return ssl == nullptr ? nullptr : std::make_unique<TlsSession>(ssl, socket);
}

TlsSession::TlsSession(SSL* ssl, int socket) : ssl_(ssl) {
  SSL_set_accept_state(ssl);
  failed_ = SSL_set_fd(ssl, socket) != 1;
}

std::size_t TlsSession::read(std::span<char> into, error_code& ec) {
  ERR_clear_error();
  const int result = SSL_read(ssl_.get(), into.data(), bounded(into.size()));
  ec = outcome(result);
  return result > 0 ? static_cast<std::size_t>(result) : 0;
}

std::size_t TlsSession::write(std::string_view bytes, error_code& ec) {
  ERR_clear_error();
  const int result = SSL_write(ssl_.get(), bytes.data(), bounded(bytes.size()));
  ec = outcome(result);
  return result > 0 ? static_cast<std::size_t>(result) : 0;
}

void TlsSession::end_output() {
  if (failed_ || !established()) return;
  SSL_shutdown(ssl_.get());
  ERR_clear_error();
}

TlsSession::error_code TlsSession::outcome(int result) {
  if (result > 0) return {};
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ: needs_ = boost::asio::socket_base::wait_read; return boost::asio::error::would_block;
    case SSL_ERROR_WANT_WRITE: needs_ = boost::asio::socket_base::wait_write; return boost::asio::error::would_block;
    case SSL_ERROR_ZERO_RETURN: return boost::asio::error::eof;
    default: break;
  }
  failed_ = true;
  ERR_clear_error();
  return boost::asio::error::connection_reset;
}

}  // namespace hookledger::http
