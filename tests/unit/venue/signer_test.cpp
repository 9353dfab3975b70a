// The published vectors, and what a signer must refuse.
#include "venue/signer.hpp"

#include <gtest/gtest.h>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <simdjson.h>
#include <type_traits>

#include "tests/unit/venue/one_shot_hmac.hpp"
#include "tests/unit/venue/support.hpp"
#include "venue/order_codec.hpp"
#include "venue/rest.hpp"

namespace copyd::venue::testing {
namespace {

std::string sign(Signer& signer, std::string_view payload) {
  char out[Signer::signature_max];
  return {out, signer.sign(payload, out)};
}

struct FreeKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
struct FreeBio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
using KeyHandle = std::unique_ptr<EVP_PKEY, FreeKey>;
using BioHandle = std::unique_ptr<BIO, FreeBio>;

std::string pem_of(EVP_PKEY* key) {
  const BioHandle bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_PKCS8PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

// The published RSA key is encrypted; a person decrypts it before handing it over.
std::string decrypted(std::string pem, std::string password) {
  const BioHandle in(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const KeyHandle key(PEM_read_bio_PrivateKey(in.get(), nullptr, nullptr, password.data()));
  return pem_of(key.get());
}

struct Vector {
  std::string name;
  std::string algorithm;
  std::string key;
  std::string payload;
  std::string signature;
};

std::vector<Vector> vectors() {
  std::vector<Vector> result;
  simdjson::dom::parser parser;
  const std::string text = golden("signing_vectors.json");
  simdjson::dom::array rows;
  EXPECT_EQ(parser.parse(text).get_array().get(rows), simdjson::SUCCESS);
  for (const auto row : rows) {
    const auto text_of = [&](const char* key) {
      std::string_view value;
      if (row[key].get_string().get(value)) value = {};
      return std::string(value);
    };
    Vector v{text_of("name"), text_of("alg"), text_of("key"), text_of("payload"),
             text_of("signature")};
    if (v.key.empty()) v.key = text_of("key_pem");
    if (v.key.empty()) v.key = decrypted(text_of("key_pem_encrypted"), text_of("password"));
    result.push_back(std::move(v));
  }
  return result;
}

const char* const ed25519_pem =
    "-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VwBCIEIPQmzwVKJETqVd7L9E/DFbkvrOigy1tLL+9QF0mSn6dV\n"
    "-----END PRIVATE KEY-----\n";

TEST(Signer, GivesEveryPublishedSignature) {
  int hmac = 0;
  int ed25519 = 0;
  int rsa = 0;
  for (const auto& v : vectors()) {
    SCOPED_TRACE(v.name);
    const Secret key = Secret::copy_of(v.key);
    auto made = v.algorithm == "HMAC-SHA256" ? Signer::hmac(key) : Signer::private_key(key);
    ASSERT_TRUE(made.has_value());
    Signer& signer = *made;
    hmac += signer.type() == KeyType::hmac;
    ed25519 += signer.type() == KeyType::ed25519;
    rsa += signer.type() == KeyType::rsa;
    EXPECT_EQ(sign(signer, v.payload), v.signature);
    // The prepared state is not used up by signing.
    EXPECT_NE(sign(signer, v.payload + "&"), v.signature);
    EXPECT_EQ(sign(signer, v.payload), v.signature);
  }
  EXPECT_EQ(hmac, 12);
  EXPECT_EQ(ed25519, 3);
  EXPECT_EQ(rsa, 1);
}

// With RSA a signature stands percent-encoded in a URL, and as it is in the JSON of the WebSocket
// API.
TEST(Signer, RsaInAUrlAndInAFrame) {
  for (const auto& v : vectors()) {
    if (v.algorithm.find("RSA") == v.algorithm.npos) continue;
    auto made = Signer::private_key(Secret::copy_of(v.key));
    ASSERT_TRUE(made.has_value());
    std::string encoded = v.signature;
    const std::pair<char, const char*> escapes[] = {{'+', "%2B"}, {'/', "%2F"}, {'=', "%3D"}};
    int escaped = 0;
    for (const auto& [plain, code] : escapes) {
      for (std::size_t at = 0; (at = encoded.find(plain, at)) != encoded.npos; ++escaped)
        encoded.replace(at, 1, code);
    }
    EXPECT_GT(escaped, 3);
    EXPECT_EQ(made->sign_for_url(v.payload), encoded);

    const std::string target =
        signed_target("/x", {{"symbol", "BTCUSDT"}}, VenueTime{7}, 2000, *made);
    EXPECT_TRUE(target.ends_with("&signature=" +
                                 made->sign_for_url("symbol=BTCUSDT&recvWindow=2000&timestamp=7")));
    EXPECT_EQ(target.find_first_of("+="), target.find('='));

    OrderTerms terms;
    terms.qty = Qty::whole(1);
    PlaceRequest request;
    request.id = 1;
    request.terms = &terms;
    request.symbol = "BTCUSDT";
    request.timestamp = VenueTime{7};
    char out[1400];
    const std::string frame(out, encode_place(request, "k", &*made, out));
    ASSERT_FALSE(frame.empty());
    const auto at = frame.find(R"("signature":")") + 13;
    const std::string signature = frame.substr(at, frame.size() - at - 3);
    EXPECT_EQ(signature.size(), v.signature.size());
    EXPECT_EQ(signature.find('%'), signature.npos);
    EXPECT_NE(signature.find_first_of("+/="), signature.npos);
  }
}

// What one payload leaves behind for the next that begins like it changes no signature, of whatever
// begins otherwise either.
TEST(Signer, WhatAPayloadBeginsWithIsKept) {
  const std::string key = "k";
  auto kept = Signer::hmac(Secret::copy_of(key));
  for (const char* beginning : {"apiKey=a", "apiKey=b", "timestamp=", "apiKey=a", ""}) {
    for (const std::size_t size : {0U, 1U, 55U, 56U, 63U, 64U, 65U, 128U, 300U}) {
      for (const char filler : {'x', '\0'}) {
        const std::string payload = (beginning + std::string(size, filler)).substr(0, size);
        auto fresh = Signer::hmac(Secret::copy_of(key));
        const std::string hex = one_shot_hmac(key, payload);
        EXPECT_EQ(sign(*kept, payload), hex);
        EXPECT_EQ(sign(*kept, payload), hex);
        EXPECT_EQ(sign(*fresh, payload), hex);
      }
    }
  }
}

// RFC 4231, test cases 1 and 6: a short key, and one longer than the hash's block.
TEST(Signer, HashesAKeyThatIsLongerThanABlock) {
  auto low = Signer::hmac(Secret::copy_of(std::string(20, '\x0b')));
  EXPECT_EQ(sign(*low, "Hi There"),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  auto high = Signer::hmac(Secret::copy_of(std::string(131, '\xaa')));
  EXPECT_EQ(sign(*high, "Test Using Larger Than Block-Size Key - Hash Key First"),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

// At the edge of the block; computed with Python.
TEST(Signer, HashesAKeyFromTheFirstByteBeyondABlock) {
  auto whole = Signer::hmac(Secret::copy_of(std::string(64, 'k')));
  EXPECT_EQ(sign(*whole, "payload"),
            "825fe496b2f55f2c6a78d8e3f21cff15b59fc2bcd437be6f7bda2fb2c4d8a9f4");
  auto beyond = Signer::hmac(Secret::copy_of(std::string(65, 'k')));
  EXPECT_EQ(sign(*beyond, "payload"),
            "bd24b45a850e5df5a7f21642c7f47ace8444900a95d1eb8284553e273b262d22");
}

TEST(Signer, EscapesASignatureForUrls) {
  auto made = Signer::private_key(Secret::copy_of(ed25519_pem));
  EXPECT_EQ(
      made->sign_for_url(
          "price=50000&quantity=1&side=BUY&symbol=BTCUSDT&timestamp=1631234567890&type=LIMIT"),
      "a4Pm3p02D2HXtNfo3DBaVCe9Ov7kledewgYtGjekotFmZ5wXa3mC5AtLB7CpAphyNjeyovIuDP%2B9fyjYmso"
      "jCw%3D%3D");
}

TEST(Signer, RefusesWhatIsNoKeyItCanSignWith) {
  const KeyHandle elliptic(EVP_EC_gen("P-256"));
  const KeyHandle x25519(EVP_PKEY_Q_keygen(nullptr, nullptr, "X25519"));
  const KeyHandle short_rsa(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{1024}));
  const std::string encrypted = [] {
    for (simdjson::dom::parser parser;;) {
      const std::string text = golden("signing_vectors.json");
      simdjson::dom::array rows;
      if (parser.parse(text).get_array().get(rows)) return std::string();
      for (const auto row : rows) {
        std::string_view pem;
        if (!row["key_pem_encrypted"].get_string().get(pem)) return std::string(pem);
      }
      return std::string();
    }
  }();
  ASSERT_FALSE(encrypted.empty());
  const std::string whole(ed25519_pem);
  for (const std::string& pem :
       {std::string(), std::string("secret"), encrypted, pem_of(elliptic.get()),
        pem_of(x25519.get()), whole.substr(0, 60), std::string(20000, 'x')}) {
    const auto made = Signer::private_key(Secret::copy_of(pem));
    ASSERT_TRUE(made.has_error()) << pem.substr(0, 40);
    EXPECT_EQ(made.error(), make_error_code(Errc::malformed));
  }
  EXPECT_TRUE(Signer::hmac(Secret()).has_error());
  EXPECT_TRUE(Signer::private_key(Secret::copy_of(pem_of(short_rsa.get()))));
}

TEST(Signer, MovesAndNamesItsKind) {
  static_assert(!std::is_copy_constructible_v<Signer>);
  auto made = Signer::hmac(Secret::copy_of("k"));
  Signer first = std::move(*made);
  const std::string before = sign(first, "payload");
  Signer second = std::move(first);
  EXPECT_EQ(sign(second, "payload"), before);
  EXPECT_EQ(name_of(second.type()), "hmac");
  EXPECT_EQ(name_of(KeyType::ed25519), "ed25519");
  EXPECT_EQ(name_of(KeyType::rsa), "rsa");
}

}  // namespace
}  // namespace copyd::venue::testing
