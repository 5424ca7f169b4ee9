#include <gmock/gmock.h>

#include "schemas/crypto.h"

int main(int argc, char** argv) {
  testing::InitGoogleMock(&argc, argv);
  hookledger::init_crypto();
  return RUN_ALL_TESTS();
}
