#pragma once

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "ingest/http/http.h"
#include "tests/support/temporary_folder.h"

namespace hookledger::testing {

/// Writes a new key and a certificate that it signed itself. `also`: other names, as `IP:127.0.0.1`; null: none.
inline void write_certificate(const http::TlsFiles& files, const char* name, const char* not_after,
                              const char* also = nullptr) {
  EVP_PKEY* const key = EVP_EC_gen("P-256");
  X509* const certificate = X509_new();
  X509_set_version(certificate, 2);
  ASN1_TIME_set_string_X509(X509_getm_notBefore(certificate), "20200101000000Z");
  ASN1_TIME_set_string_X509(X509_getm_notAfter(certificate), not_after);
  X509_set_pubkey(certificate, key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
  X509_set_issuer_name(certificate, X509_get_subject_name(certificate));
  if (also != nullptr) {
    X509_EXTENSION* const names = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, also);
    X509_add_ext(certificate, names, -1);
    X509_EXTENSION_free(names);
  }
  X509_sign(certificate, key, EVP_sha256());
  std::FILE* file = std::fopen(files.certificate.c_str(), "w");
  PEM_write_X509(file, certificate);
  std::fclose(file);
  file = std::fopen(files.key.c_str(), "w");
  PEM_write_PrivateKey(file, key, nullptr, nullptr, 0, nullptr, nullptr);
  std::fclose(file);
  X509_free(certificate);
  EVP_PKEY_free(key);
}

/// Of three servers on 127.0.0.1: while it lives this process trusts the first two, of which one is of another name.
class Certificates {
 public:
  explicit Certificates(const TemporaryFolder& folder)
      : trusted{folder / "trusted.crt", folder / "trusted.key"},
        misnamed{folder / "other.crt", folder / "other.key"},
        unknown{folder / "unknown.crt", folder / "unknown.key"} {
    write_certificate(trusted, "here", "20990101000000Z", "IP:127.0.0.1");
    write_certificate(misnamed, "elsewhere", "20990101000000Z", "DNS:elsewhere.example");
    write_certificate(unknown, "here", "20990101000000Z", "IP:127.0.0.1");
    const std::string authorities = folder / "authorities";
    std::ofstream(authorities) << std::ifstream(trusted.certificate).rdbuf()
                               << std::ifstream(misnamed.certificate).rdbuf();
    ::setenv("SSL_CERT_FILE", authorities.c_str(), 1);
  }
  ~Certificates() { distrust(); }
  Certificates(const Certificates&) = delete;
  Certificates& operator=(const Certificates&) = delete;

  /// From now on none is trusted.
  void distrust() { ::unsetenv("SSL_CERT_FILE"); }

  const http::TlsFiles trusted, misnamed, unknown;
};

}  // namespace hookledger::testing
