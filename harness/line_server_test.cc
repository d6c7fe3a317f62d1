#include "harness/line_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "faultfs/sim_disk.h"
#include "harness/random.h"
#include "harness/reference_subject.h"

namespace walbreaker {
namespace {

std::string served(const std::string& requests) {
  const ReferenceSubject subject;
  faultfs::SimDisk disk;
  std::istringstream in(requests);
  std::ostringstream out;
  EXPECT_EQ(serve(subject, disk, in, out), 0);
  return out.str();
}

TEST(LineServer, ServesAWholeSession) {
  EXPECT_EQ(served("open db entropy=7\n"
                   "put 6b 76\nput - -\nget 6b\nget 6c\nscan\ndel 6c\ndel 6b\nbatch put 61 62 del -\nsync\ncompact\n"
                   "close\nopen db read_only\nscan\nput 61 61\nclose\n"),
            "ok clean\n"
            "ok\nok\nok 76\nmissing\nok 2\n- -\n6b 76\nmissing\nok\nok\nok\nok\n"
            "ok\nok clean\nok 1\n61 62\nerr read_only the store db is open read-only\nok\n");
}

TEST(LineServer, TellsWhoItIsAndWhatItPromises) {
  EXPECT_THAT(served("hello 1\n"), testing::StartsWith("ok reference kill=on_ack power=on_ack "));
  EXPECT_THAT(served("hello 2\n"), testing::StartsWith("err invalid_argument expected format 1"));
}

TEST(LineServer, AnswersOneLineToWhateverIsNoRequest) {
  EXPECT_THAT(served("put 61 62\n"), testing::StartsWith("err not_open"));
  EXPECT_THAT(served("\n"), testing::StartsWith("err invalid_argument expected a request"));
  EXPECT_THAT(served("open db color=blue\n"), testing::StartsWith("err invalid_argument no such setting"));
  EXPECT_THAT(served("open db\nopen db\n"), testing::HasSubstr("\nerr invalid_argument a store is open already\n"));
  EXPECT_EQ(served("get 61"), "");  // a line that was cut is none
  Random random(1);
  for (int i = 0; i < 300; ++i) {
    std::string garbage;
    for (int n = 0; n < 30; ++n) garbage += static_cast<char>(random.below(256));
    const auto lines = std::ranges::count(garbage, '\n');
    const std::string answers = served(garbage);
    EXPECT_EQ(std::ranges::count(answers, '\n'), lines);
  }
}

}  // namespace
}  // namespace walbreaker
