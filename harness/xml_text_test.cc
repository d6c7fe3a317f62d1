#include "harness/xml_text.h"

#include <gtest/gtest.h>

namespace walbreaker {
namespace {

TEST(XmlText, EscapesWhatMeansSomethingToXml) {
  EXPECT_EQ(xml_text("a<b>&\"c\"\t\n\r"), "a&lt;b&gt;&amp;&quot;c&quot;\t\n&#13;");
  EXPECT_EQ(xml_attribute("a\t\n\rb"), "a&#9;&#10;&#13;b");
}

TEST(XmlText, LeavesOutWhatXmlForbids) {
  EXPECT_EQ(xml_text(std::string_view("a\0\x01\x1b[1mb\x1f", 9)), "a[1mb");
  EXPECT_EQ(xml_text("a\xEF\xBF\xBE\xEF\xBF\xBF"
                     "b"),
            "ab");
}

TEST(XmlText, KeepsUtf8AndReplacesWhatIsNone) {
  const std::string good = "\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80 \xF4\x8F\xBF\xBD";
  EXPECT_EQ(xml_text(good), good);
  const std::string replaced = "\xEF\xBF\xBD";
  // A lone byte, a cut character, a slash that is too long, a surrogate, a code past the last, a byte that begins none.
  EXPECT_EQ(xml_text("\x80"), replaced);
  EXPECT_EQ(xml_text("\xE2\x82"), replaced + replaced);
  EXPECT_EQ(xml_text("\xC0\xAF"), replaced + replaced);
  EXPECT_EQ(xml_text("\xED\xA0\x80"), replaced + replaced + replaced);
  EXPECT_EQ(xml_text("\xF4\x90\x80\x80"), replaced + replaced + replaced + replaced);
  EXPECT_EQ(xml_text("\xFF"), replaced);
  EXPECT_EQ(xml_text("\xC3("
                     "a"),
            replaced + "(a");
}

}  // namespace
}  // namespace walbreaker
