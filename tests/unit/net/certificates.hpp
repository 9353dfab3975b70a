// Certificates made on the spot: an authority, and servers it vouches for.
#pragma once

#include <memory>
#include <string>

typedef struct x509_st X509;
typedef struct evp_pkey_st EVP_PKEY;

namespace copyd::test {

struct Identity {
  std::string certificate;  // PEM
  std::string key;          // PEM
};

class Authority {
 public:
  Authority();
  ~Authority();
  // `subject` as OpenSSL writes alternative names: "DNS:localhost" or "IP:127.0.0.1".
  Identity issue(const std::string& subject, bool expired = false) const;
  // Writes its certificate to a file of the test's directory for temporary files.
  std::string file() const;

 private:
  EVP_PKEY* key_;
  X509* certificate_;
};

}  // namespace copyd::test
