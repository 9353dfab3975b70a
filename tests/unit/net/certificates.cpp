#include "tests/unit/net/certificates.hpp"

#include <gtest/gtest.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <fstream>

namespace copyd::test {
namespace {

constexpr long day = 24L * 60 * 60;

EVP_PKEY* make_key() {
  return EVP_EC_gen("P-256");
}

void extend(X509* certificate, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

X509* make_certificate(EVP_PKEY* key, const std::string& name, long serial, bool expired) {
  X509* certificate = X509_new();
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -2 * day);
  X509_gmtime_adj(X509_getm_notAfter(certificate), expired ? -day : day);
  X509_set_pubkey(certificate, key);
  const void* bytes = name.data();
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC,
                             static_cast<const unsigned char*>(bytes), -1, -1, 0);
  return certificate;
}

template <class Write>
std::string text_of(Write write) {
  BIO* memory = BIO_new(BIO_s_mem());
  write(memory);
  std::string text(BIO_ctrl_pending(memory), '\0');
  BIO_read(memory, text.data(), static_cast<int>(text.size()));
  BIO_free(memory);
  return text;
}

}  // namespace

Authority::Authority() : key_(make_key()) {
  static int number = 0;
  ++number;
  certificate_ = make_certificate(key_, "test authority " + std::to_string(number), number, false);
  X509_set_issuer_name(certificate_, X509_get_subject_name(certificate_));
  extend(certificate_, certificate_, NID_basic_constraints, "critical,CA:TRUE");
  extend(certificate_, certificate_, NID_key_usage, "critical,keyCertSign");
  X509_sign(certificate_, key_, EVP_sha256());
}

Authority::~Authority() {
  X509_free(certificate_);
  EVP_PKEY_free(key_);
}

Identity Authority::issue(const std::string& subject, bool expired) const {
  EVP_PKEY* key = make_key();
  X509* certificate = make_certificate(key, "test server", 1000, expired);
  X509_set_issuer_name(certificate, X509_get_subject_name(certificate_));
  extend(certificate, certificate_, NID_subject_alt_name, subject);
  X509_sign(certificate, key_, EVP_sha256());
  Identity identity;
  identity.certificate = text_of([&](BIO* to) { PEM_write_bio_X509(to, certificate); });
  identity.key = text_of(
      [&](BIO* to) { PEM_write_bio_PrivateKey(to, key, nullptr, nullptr, 0, nullptr, nullptr); });
  X509_free(certificate);
  EVP_PKEY_free(key);
  return identity;
}

std::string Authority::file() const {
  static int number = 0;
  const std::string path = testing::TempDir() + "copyd-authority-" + std::to_string(::getpid()) +
                           "-" + std::to_string(++number) + ".pem";
  std::ofstream(path) << text_of([&](BIO* to) { PEM_write_bio_X509(to, certificate_); });
  return path;
}

}  // namespace copyd::test
