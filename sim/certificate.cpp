#include "sim/certificate.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>

namespace copyd::sim {

namespace {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;
using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;

constexpr long a_day = 24L * 3600;

template <class Write>
std::string pem(Write write) {
  const Bio bio(BIO_new(BIO_s_mem()), BIO_free);
  write(bio.get());
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

bool extend(X509* certificate, X509* issuer, int what, const char* value) {
  X509V3_CTX context{};
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, what, value);
  if (extension == nullptr) return false;
  const bool added = X509_add_ext(certificate, extension, -1) == 1;
  X509_EXTENSION_free(extension);
  return added;
}

// A certificate for `key`, not signed yet. `issuer` null: its own.
Certificate blank(EVP_PKEY* key, const char* name, long serial, X509* issuer) {
  Certificate certificate(X509_new(), X509_free);
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -a_day);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 30 * a_day);
  X509_set_pubkey(certificate.get(), key);
  X509_NAME* subject = X509_get_subject_name(certificate.get());
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
  X509_set_issuer_name(certificate.get(),
                       issuer == nullptr ? subject : X509_get_subject_name(issuer));
  return certificate;
}

}  // namespace

std::optional<Certificates> make_certificates() {
  const Key ca_key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  const Key server_key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  if (!ca_key || !server_key) return std::nullopt;
  const auto ca = blank(ca_key.get(), "venue-sim CA", 1, nullptr);
  if (!extend(ca.get(), ca.get(), NID_basic_constraints, "critical,CA:TRUE") ||
      !extend(ca.get(), ca.get(), NID_key_usage, "critical,keyCertSign,cRLSign") ||
      !extend(ca.get(), ca.get(), NID_subject_key_identifier, "hash") ||
      X509_sign(ca.get(), ca_key.get(), EVP_sha256()) == 0)
    return std::nullopt;
  const auto server = blank(server_key.get(), "localhost", 2, ca.get());
  if (!extend(server.get(), ca.get(), NID_basic_constraints, "critical,CA:FALSE") ||
      !extend(server.get(), ca.get(), NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1,IP:::1") ||
      !extend(server.get(), ca.get(), NID_ext_key_usage, "serverAuth") ||
      !extend(server.get(), ca.get(), NID_authority_key_identifier, "keyid") ||
      X509_sign(server.get(), ca_key.get(), EVP_sha256()) == 0)
    return std::nullopt;
  return Certificates{.ca_pem = pem([&](BIO* out) { PEM_write_bio_X509(out, ca.get()); }),
                      .server_pem = pem([&](BIO* out) { PEM_write_bio_X509(out, server.get()); }),
                      .server_key_pem = pem([&](BIO* out) {
                        PEM_write_bio_PKCS8PrivateKey(out, server_key.get(), nullptr, nullptr, 0,
                                                      nullptr, nullptr);
                      })};
}

namespace {

std::string content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return file ? text.str() : std::string();
}

Certificate read_certificate(const std::string& pem_text) {
  const Bio bio(BIO_new_mem_buf(pem_text.data(), static_cast<int>(pem_text.size())), BIO_free);
  return {PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr), X509_free};
}

// Whether they belong together and last.
bool usable(const Certificates& certificates) {
  const auto ca = read_certificate(certificates.ca_pem);
  const auto server = read_certificate(certificates.server_pem);
  if (!ca || !server) return false;
  const auto& text = certificates.server_key_pem;
  const Bio bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), BIO_free);
  const Key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr), EVP_PKEY_free);
  if (!key || X509_check_private_key(server.get(), key.get()) != 1 ||
      X509_verify(server.get(), X509_get0_pubkey(ca.get())) != 1)
    return false;
  int days = 0;
  int seconds = 0;
  ASN1_TIME_diff(&days, &seconds, nullptr, X509_get0_notAfter(server.get()));
  return days >= 1;
}

bool write_private(const std::string& path, const std::string& text) {
  std::error_code error;
  std::filesystem::remove(path, error);
  std::ofstream(path, std::ios::binary).close();
  std::filesystem::permissions(
      path, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write, error);
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  return !error && static_cast<bool>(file);
}

}  // namespace

std::optional<Certificates> certificates_in(const std::string& directory) {
  const std::string ca_file = directory + "/ca.pem";
  const std::string server_file = directory + "/server.pem";
  const std::string key_file = directory + "/server.key";
  Certificates earlier{.ca_pem = content_of(ca_file),
                       .server_pem = content_of(server_file),
                       .server_key_pem = content_of(key_file)};
  if (usable(earlier)) return earlier;
  ERR_clear_error();
  auto made = make_certificates();
  if (!made || !write_private(key_file, made->server_key_pem)) return std::nullopt;
  for (const auto& [path, text] :
       {std::pair(server_file, made->server_pem), std::pair(ca_file, made->ca_pem)}) {
    std::ofstream file(path, std::ios::trunc | std::ios::binary);
    file << text;
    file.close();
    if (!file) return std::nullopt;
  }
  return made;
}

}  // namespace copyd::sim
