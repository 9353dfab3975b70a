#include "sim/signature.hpp"

#include <gtest/gtest.h>

#include "support.hpp"

namespace copyd::sim {
namespace {

struct Vector {
  const char* secret;
  const char* payload;
  const char* signature;
};

constexpr const char* futures_secret =
    "2b5eb11e18796d12d88f13dc27dbbd02c2cc51ff7059765ed9821957d82bb4d9";
constexpr const char* spot_secret =
    "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j";

// Signatures that the venue's documentation prints, or that its own client library makes.
const Vector hmac_vectors[] = {
    {futures_secret,
     "symbol=BTCUSDT&side=BUY&type=LIMIT&quantity=1&price=9000&timeInForce=GTC&recvWindow=5000&"
     "timestamp=1591702613943",
     "3c661234138461fcc7a7d8746c6558c9842d4e10870d2ecbedf7777cad694af9"},
    {futures_secret,
     "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTCquantity=1&price=9000&recvWindow=5000&"
     "timestamp=1591702613943",
     "30baaf0fab549bbeda7f5ef201898b34122da25fd23c646cac2c529aebe670a4"},
    {futures_secret,
     "symbol=%E6%B5%8B%E8%AF%95USDT&side=BUY&type=MARKET&quantity=1&timestamp=1760000007980",
     "f5a675acf0ed2365094143f2921df08b17ba837118e5e06178defa1b39d60116"},
    {futures_secret,
     "apiKey=dbefbc809e3e83c283a984c3a1459732ea7db1360ca80c5c2c8867408d28cc83&newClientOrderId="
     "cp_7f3a-000001&newOrderRespType=RESULT&quantity=0.100&recvWindow=5000&side=BUY&symbol="
     "BTCUSDT&timestamp=1705311512994&type=MARKET",
     "e87aa646ad502a64b50f23508976d4bbd4d827a1e457984e2632dbfe26289da3"},
    {spot_secret,
     "symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1&recvWindow=5000&"
     "timestamp=1499827319559",
     "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71"},
    {spot_secret,
     "apiKey=vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A&price=52000.00&"
     "quantity=0.01000000&recvWindow=100&side=SELL&symbol=BTCUSDT&timeInForce=GTC&timestamp="
     "1645423376532&type=LIMIT",
     "aa1b5712c094bc4e57c05a1a5c1fd8d88dcd628338ea863fec7b88e59fe2db24"},
};

TEST(SimSignature, HmacVectorsVerify) {
  for (const auto& vector : hmac_vectors) {
    const auto verifier = Verifier::hmac(vector.secret);
    EXPECT_TRUE(verifier.verify(vector.payload, vector.signature)) << vector.payload;
    EXPECT_FALSE(verifier.verify(std::string(vector.payload) + "0", vector.signature));
    std::string upper = vector.signature;
    for (auto& c : upper) c = static_cast<char>(std::toupper(c));
    EXPECT_TRUE(verifier.verify(vector.payload, upper));
  }
}

TEST(SimSignature, AnotherSecretDoesNot) {
  EXPECT_FALSE(Verifier::hmac("x").verify(hmac_vectors[0].payload, hmac_vectors[0].signature));
  EXPECT_FALSE(Verifier::hmac(futures_secret).verify(hmac_vectors[0].payload, ""));
}

constexpr const char* ed25519_pem =
    "-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VwBCIEIPQmzwVKJETqVd7L9E/DFbkvrOigy1tLL+9QF0mSn6dV\n"
    "-----END PRIVATE KEY-----\n";

TEST(SimSignature, Ed25519VectorsVerify) {
  const auto verifier = Verifier::from_pem(ed25519_pem);
  ASSERT_TRUE(verifier);
  EXPECT_EQ(verifier->type(), KeyType::ed25519);
  const std::string payload =
      "price=50000&quantity=1&side=BUY&symbol=BTCUSDT&timestamp=1631234567890&type=LIMIT";
  const std::string signature =
      "a4Pm3p02D2HXtNfo3DBaVCe9Ov7kledewgYtGjekotFmZ5wXa3mC5AtLB7CpAphyNjeyovIuDP+9fyjYmsojCw==";
  EXPECT_TRUE(verifier->verify(payload, signature));
  EXPECT_FALSE(verifier->verify(payload + " ", signature));
  EXPECT_FALSE(verifier->verify(payload, "not base64"));
  EXPECT_TRUE(verifier->verify(
      "apiKey=vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A&recvWindow=5000&"
      "timestamp=1649729878532",
      "cOm24V1+r02HfWFwmk0ei458CyBoVnEl1Kci79cH+MgPhxMRxCrIY6nVHcJa0IehVzlkXwY2XtdDNNNrpTSgDQ=="));
}

// The public half of a test key that another client library publishes, with its signature.
TEST(SimSignature, TheRsaVectorVerifies) {
  constexpr const char* pem =
      "-----BEGIN PUBLIC KEY-----\n"
      "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAh2rM4JTh3REGZ7d7nzFG\n"
      "vg9CyAgcSfwRh30cJ4qIFgKR8poQWi5mMXzs2PC7a9TbOxFmv7FV1Gdiib1tE216\n"
      "IXQfWCfY+WD0dFFC+GYM6ZU/bBHmThpbhQIQrwSANc8T/bXsF31flqCYsUJiFLFP\n"
      "GP08bj4+YKTAgiGomr0IvCH9uKr/ygbUq6J+60XeU7hfgQvTXKrWPbHIZ/pkQ2oS\n"
      "1PsuHTK5/PB3dpz24oemp+OLeh0dGBvXX9C2LeolRGXcggJ449F+fml04DVcziey\n"
      "CNfoHC91BgypKmnFrjfSumjDDU5sW5/FnAMCADta06bso4VxOLu537EqXNs1nKMs\n"
      "JQIDAQAB\n"
      "-----END PUBLIC KEY-----\n";
  const std::string signature =
      "S4l9IONXGHIdt4NjwmpCIhawDTitjUQls73d+mi0HJTSbTGyn95NabX5hC9+n6HsTqLcWPvxKgTvLFMn"
      "Taf6Jxl+xwQMbu9/6mw88KF7i1pEQizerKcr91rPUPVBQ4OY10Q018QEamIAymRgo/eoRYSm7CqCdeib"
      "GyO0XfXZBaJnVGFJ9hgrPIwSKHgeUnfK8qMenULvL0qKMEJ6ziYPiqh7k9xX3xIV7lGIpokk+ekqlFd0"
      "1f/Lov45osJCFuccJO4xuUUZewZnVGF7Uw6Rim3UsKhXKZUN9WZWa5RT+dpBIJ5DTBIXBSvowwj3GZC3"
      "j+XvWw8Sn0Ls9836l89BXw==";
  const auto verifier = Verifier::from_pem(pem);
  ASSERT_TRUE(verifier);
  EXPECT_EQ(verifier->type(), KeyType::rsa);
  const std::string payload =
      "price=50000&quantity=1&side=BUY&symbol=BTCUSDT&timestamp=1631234567890&type=LIMIT";
  EXPECT_TRUE(verifier->verify(payload, signature));
  EXPECT_FALSE(verifier->verify(payload + "0", signature));
}

TEST(SimSignature, NewKeysSignAndVerify) {
  Random random(7);
  const auto pem = new_ed25519_pem(random);
  EXPECT_TRUE(Verifier::from_pem(pem)->verify("hello", testing::ed25519_base64(pem, "hello")));
  EXPECT_NE(pem, new_ed25519_pem(random));
  Random same(7);
  EXPECT_EQ(pem, new_ed25519_pem(same));
  const auto rsa = new_rsa_pem();
  const auto verifier = Verifier::from_pem(rsa);
  ASSERT_TRUE(verifier);
  EXPECT_EQ(verifier->type(), KeyType::rsa);
  EXPECT_TRUE(verifier->verify("hello", testing::rsa_base64(rsa, "hello")));
  EXPECT_FALSE(verifier->verify("hallo", testing::rsa_base64(rsa, "hello")));
}

TEST(SimSignature, GarbageIsNoKey) {
  // Encrypted: nobody is asked for its passphrase.
  EXPECT_FALSE(Verifier::from_pem(
      "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIF\n-----END ENCRYPTED PRIVATE KEY-----\n"));
  EXPECT_FALSE(Verifier::from_pem(""));
  EXPECT_FALSE(
      Verifier::from_pem("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"));
}

}  // namespace
}  // namespace copyd::sim
