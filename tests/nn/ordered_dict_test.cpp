#include <sinter/nn/ordered_dict.h>
#include <sinter/tests/core/error_message.h>

#include <catch2/catch.hpp>

using sinter::IndexError;
using sinter::OrderedDict;
using sinter::ValueError;
using sinter::test::message_of;
using Dict = OrderedDict<std::string, int>;

TEST_CASE("a dictionary keeps the order of insertion") {
  Dict dict;
  for (int i = 0; i < 40; ++i) dict.insert("key" + std::to_string((i * 7) % 40), i);
  REQUIRE(dict.size() == 40);
  int i = 0;
  for (const auto& item : dict) {
    CHECK(item.key() == "key" + std::to_string((i * 7) % 40));
    CHECK(*item == i);
    CHECK(item.pair().second == i++);
  }
  CHECK(dict.front().key() == "key0");
  CHECK(dict.back().value() == 39);
  CHECK(dict[1].key() == "key7");
}

TEST_CASE("values are found by key, in small dictionaries and large ones") {
  const int count = GENERATE(1, 8, 9, 100);
  Dict dict;
  for (int i = 0; i < count; ++i) dict.insert(std::to_string(i), i);
  for (int i = 0; i < count; ++i) {
    REQUIRE(dict.find(std::to_string(i)) != nullptr);
    CHECK(dict[std::to_string(i)] == i);
  }
  CHECK(dict.find("x") == nullptr);
  CHECK_FALSE(dict.contains(""));
}

TEST_CASE("erasing keeps the others in order and findable") {
  Dict dict;
  for (int i = 0; i < 20; ++i) dict.insert(std::to_string(i), i);
  for (int i = 0; i < 20; i += 2) dict.erase(std::to_string(i));
  CHECK(dict.values() == std::vector<int>{1, 3, 5, 7, 9, 11, 13, 15, 17, 19});
  CHECK(dict["13"] == 13);
  CHECK_FALSE(dict.contains("12"));
  dict.insert("12", 12);
  CHECK(dict["12"] == 12);
  CHECK(dict.back().key() == "12");
}

TEST_CASE("dictionaries are equal when items and order are") {
  const Dict a = {{"x", 1}, {"y", 2}};
  CHECK(a == Dict{{"x", 1}, {"y", 2}});
  CHECK_FALSE(a == Dict{{"y", 2}, {"x", 1}});
  CHECK_FALSE(a == Dict{{"x", 1}});
  CHECK(a.keys() == std::vector<std::string>{"x", "y"});
  CHECK(a.pairs().back() == std::pair<std::string, int>("y", 2));
}

TEST_CASE("update adds all items of another dictionary") {
  Dict a = {{"x", 1}};
  a.update({{"y", 2}, {"z", 3}});
  CHECK(a.keys() == std::vector<std::string>{"x", "y", "z"});
  CHECK(message_of<ValueError>([&] {
          a.update({{"x", 5}});
        }) == "[ordered_dict] Key 'x' is already defined");
  a.clear();
  CHECK(a.is_empty());
}

TEST_CASE("errors name the kind of key") {
  Dict dict("Parameter");
  CHECK(dict.key_description() == "Parameter");
  CHECK(message_of<IndexError>([&] { dict["w"]; }) ==
        "[ordered_dict] Parameter 'w' is not defined");
  CHECK(message_of<IndexError>([&] { dict.erase("w"); }) ==
        "[ordered_dict] Parameter 'w' is not defined");
  CHECK(message_of<IndexError>([&] { dict[std::size_t{0}]; }) ==
        "[ordered_dict] index out of range (size 0); got 0");
  CHECK(message_of<IndexError>([&] { dict.front(); }) ==
        "[ordered_dict] index out of range (size 0); got 0");
  CHECK_THROWS_AS(dict.back(), IndexError);
}
