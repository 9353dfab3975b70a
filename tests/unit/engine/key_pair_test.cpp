#include "ops/key_pair.hpp"

#include <gtest/gtest.h>

#include "sim/signature.hpp"
#include "venue/signer.hpp"

namespace copyd::ops {
namespace {

// The simulated venue reads the public half with OpenSSL; ours signs with libsodium.
TEST(KeyPair, WhatThePrivateHalfSignsThePublicHalfVouchesFor) {
  const KeyPair pair = new_ed25519_pair();
  auto signer = venue::Signer::private_key(pair.private_key_pem);
  ASSERT_TRUE(signer);
  EXPECT_EQ(signer->type(), venue::KeyType::ed25519);
  char signature[venue::Signer::signature_max];
  const std::size_t size = signer->sign("timestamp=1", signature);
  const auto verifier = sim::Verifier::from_pem(pair.public_key_pem);
  ASSERT_TRUE(verifier);
  EXPECT_EQ(verifier->type(), sim::KeyType::ed25519);
  EXPECT_TRUE(verifier->verify("timestamp=1", std::string_view(signature, size)));
  EXPECT_FALSE(verifier->verify("timestamp=2", std::string_view(signature, size)));
}

TEST(KeyPair, EachIsAnother) {
  const KeyPair one = new_ed25519_pair();
  const KeyPair other = new_ed25519_pair();
  EXPECT_NE(one.private_key_pem.reveal(), other.private_key_pem.reveal());
  EXPECT_NE(one.public_key_pem, other.public_key_pem);
  EXPECT_TRUE(one.public_key_pem.starts_with("-----BEGIN PUBLIC KEY-----\n"));
  EXPECT_TRUE(one.public_key_pem.ends_with("\n-----END PUBLIC KEY-----\n"));
}

}  // namespace
}  // namespace copyd::ops
