#include <sinter/core/allocator.h>
#include <sinter/core/safetensors.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstring>
#include <random>

#include "error_message.h"
#include "temporary_folder.h"

using namespace sinter;
using test::message_of;

namespace {

std::string with_length(std::uint64_t length, const std::string& rest) {
  std::string bytes(8, '\0');
  std::memcpy(bytes.data(), &length, 8);
  return bytes + rest;
}

// A file of that header, followed by zeros.
std::string file_of(const std::string& header, std::size_t data_bytes = 0) {
  return with_length(header.size(), header + std::string(data_bytes, '\0'));
}

// A file of one tensor named x, described by the text of its fields.
std::string tensor_of(const std::string& fields, std::size_t data_bytes = 8) {
  return file_of("{\"x\":{" + fields + "}}", data_bytes);
}

// One of dtype F32 and shape [2], with one of its fields replaced.
std::string f32_with(const std::string& dtype, const std::string& shape, const std::string& offsets,
                     std::size_t data_bytes = 8) {
  return tensor_of("\"dtype\":" + dtype + ",\"shape\":" + shape + ",\"data_offsets\":" + offsets,
                   data_bytes);
}

std::string shape_of(const std::string& shape, const std::string& offsets = "[0,8]") {
  return f32_with("\"F32\"", shape, offsets);
}

std::string offsets_of(const std::string& offsets, std::size_t data_bytes = 8) {
  return f32_with("\"F32\"", "[2]", offsets, data_bytes);
}

std::string entry(const std::string& name, int begin, int end) {
  return str("\"", name, "\":{\"dtype\":\"U8\",\"shape\":[", end - begin, "],\"data_offsets\":[",
             begin, ",", end, "]}");
}

std::string entries(const std::vector<std::string>& all, std::size_t data_bytes) {
  std::string header = "{";
  for (const std::string& one : all) header += (header.size() > 1 ? "," : "") + one;
  return file_of(header + "}", data_bytes);
}

std::string metadata(const std::string& value) {
  return file_of("{\"__metadata__\":" + value + "}");
}

struct Malformed {
  std::string what;
  std::string bytes;
  std::string message;
};

std::vector<Malformed> bad_frames() {
  const std::string valid = file_of("{" + entry("x", 0, 4) + "}", 4);
  return {
      {"an empty file", "", "a file has at least 8 bytes; got 0"},
      {"half a length", std::string(4, '\0'), "a file has at least 8 bytes; got 4"},
      {"no header", std::string(8, '\0'), "the header must begin with {"},
      {"a length past the end", with_length(100, "{}"),
       "the file is shorter than its header; got 2 of 100 bytes"},
      {"a length above the limit", with_length(100'000'001, "{}"),
       "the header must have at most 100000000 bytes; got 100000001"},
      {"the largest length", with_length(~std::uint64_t{0}, "{}"),
       "the header must have at most 100000000 bytes; got 18446744073709551615"},
      {"a length that wraps when 8 is added", with_length(~std::uint64_t{0} - 7, "{}"),
       "the header must have at most"},
      {"a file cut in the header", valid.substr(0, 20), "the file is shorter than its header"},
      {"a file cut in the data", valid.substr(0, valid.size() - 1),
       "a tensor must lie within the file; got bytes [0, 4] of 3 in tensor \"x\""},
      {"trailing bytes", valid + "!", "nothing may follow the last tensor; got 1 bytes"},
      {"data without tensors", file_of("{}", 3), "nothing may follow the last tensor; got 3 bytes"},
      {"a length that ends within the header", with_length(10, valid.substr(8)),
       "the header must be valid JSON"},
      {"a length that reaches into the data", with_length(valid.size() - 8, valid.substr(8)),
       "the header must be valid JSON"},
  };
}

std::vector<Malformed> bad_json() {
  const std::string deep(100000, '[');
  return {
      {"an array", file_of("[]"), "the header must begin with {"},
      {"a number", file_of("7"), "the header must begin with {"},
      {"null", file_of("null"), "the header must begin with {"},
      {"a space before the header", file_of(" {}"), "the header must begin with {"},
      {"a byte order mark", file_of("\xEF\xBB\xBF{}"), "the header must begin with {"},
      {"an open brace", file_of("{"), "the header must be valid JSON; got an error at byte"},
      {"an open string", file_of("{\"x"), "the header must be valid JSON"},
      {"a missing value", file_of("{\"x\"}"), "the header must be valid JSON"},
      {"a trailing comma", entries({entry("x", 0, 1), ""}, 1), "the header must be valid JSON"},
      {"a comment", file_of("{/* */}"), "the header must be valid JSON"},
      {"single quotes", file_of("{'x':1}"), "the header must be valid JSON"},
      {"two values", file_of("{}{}"), "the header must be valid JSON"},
      {"zeros after the header", file_of(std::string("{}\0\0", 4)),
       "the header must be valid JSON"},
      {"bytes that are not UTF-8", file_of("{\"\xff\":1}"), "the header must be valid JSON"},
      {"half a surrogate", file_of("{\"\\ud800\":1}"), "the header must be valid JSON"},
      {"a control character", file_of("{\"\n\":1}"), "the header must be valid JSON"},
      {"not a number", shape_of("[NaN]"), "the header must be valid JSON"},
      {"a hexadecimal number", shape_of("[0x2]"), "the header must be valid JSON"},
      {"a leading zero", shape_of("[02]"), "the header must be valid JSON"},
      {"deep arrays", file_of("{\"x\":" + deep + "}"),
       "a tensor must be a JSON object; got an array"},
      {"deep objects", file_of("{\"x\":{\"shape\":" + deep + "}}"),
       "sizes and offsets must be numbers; got an array"},
  };
}

std::vector<Malformed> bad_entries() {
  return {
      {"a tensor that is a number", file_of("{\"x\":1}"),
       "a tensor must be a JSON object; got a number in tensor \"x\""},
      {"a tensor that is null", file_of("{\"x\":null}"),
       "a tensor must be a JSON object; got null"},
      {"a tensor that is text", file_of("{\"x\":\"y\"}"),
       "a tensor must be a JSON object; got a string"},
      {"an empty tensor entry", tensor_of(""), "a tensor needs dtype, shape and data_offsets"},
      {"no dtype", tensor_of("\"shape\":[2],\"data_offsets\":[0,8]"),
       "a tensor needs dtype, shape and data_offsets; got less in tensor \"x\""},
      {"no shape", tensor_of("\"dtype\":\"F32\",\"data_offsets\":[0,8]"),
       "a tensor needs dtype, shape"},
      {"no offsets", tensor_of("\"dtype\":\"F32\",\"shape\":[2]"), "a tensor needs dtype, shape"},
      {"an unknown field", f32_with("\"F32\"", "[2]", "[0,8],\"extra\":1"),
       "a tensor has dtype, shape and data_offsets only; got \"extra\" in tensor \"x\""},
      {"a field twice", f32_with("\"F32\"", "[2]", "[0,8],\"shape\":[2]"),
       "fields must differ; got \"shape\" twice in tensor \"x\""},
      {"an empty name", entries({entry("", 0, 1)}, 1), "a tensor must have a name"},
      {"a name twice", entries({entry("x", 0, 1), entry("y", 1, 2), entry("x", 2, 3)}, 3),
       "names must differ; got \"x\" twice"},
      {"a name twice, once escaped", entries({entry("x", 0, 1), entry("\\u0078", 1, 2)}, 2),
       "names must differ; got \"x\" twice"},
      {"an unknown dtype", f32_with("\"F8_E4M3\"", "[2]", "[0,8]"),
       "the dtype is unknown; got \"F8_E4M3\" in tensor \"x\""},
      {"a dtype in lower case", f32_with("\"f32\"", "[2]", "[0,8]"),
       "the dtype is unknown; got \"f32\""},
      {"a dtype that is a number", f32_with("32", "[2]", "[0,8]"),
       "a dtype must be a string; got a number in tensor \"x\""},
      {"a shape that is a number", shape_of("2"), "a shape must be an array; got a number"},
      {"a shape that is an object", shape_of("{}"), "a shape must be an array; got an object"},
      {"a size that is text", shape_of("[\"2\"]"),
       "sizes and offsets must be numbers; got a string"},
      {"a size that is a boolean", shape_of("[true]"),
       "sizes and offsets must be numbers; got a boolean"},
      {"a size that is an array", shape_of("[[2]]"),
       "sizes and offsets must be numbers; got an array"},
      {"a size that is null", shape_of("[null]"), "sizes and offsets must be numbers; got null"},
      {"a negative size", shape_of("[-2]"),
       "sizes and offsets must not be negative; got -2 in tensor \"x\""},
      {"a size with a point", shape_of("[2.0]"),
       "sizes and offsets must be integers below 2^63; got 2.0"},
      {"a size with an exponent", shape_of("[2e0]"),
       "sizes and offsets must be integers below 2^63"},
      {"a size of 2^63", shape_of("[9223372036854775808]"),
       "sizes and offsets must be below 2^63; got 9223372036854775808"},
      {"a size of 2^70", shape_of("[1180591620717411303424]"),
       "sizes and offsets must be integers below 2^63; got 1180591620717411303424"},
      {"a product that wraps to the right size", shape_of("[4611686018427387906]"),
       "the size of a tensor exceeds 2^63 - 1 bytes; got [4611686018427387906] in tensor \"x\""},
      {"a product that wraps to zero", shape_of("[4294967296,4294967296]", "[0,0]"),
       "the size of a tensor exceeds 2^63 - 1 bytes"},
      {"huge sizes beside a zero", shape_of("[0,9223372036854775807,9223372036854775807]", "[0,0]"),
       "the size of a tensor exceeds 2^63 - 1 bytes"},
      {"seventeen dimensions", shape_of("[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,2]"),
       "a tensor has at most 16 dimensions; got more in tensor \"x\""},
      {"a shape larger than its bytes", shape_of("[3]"),
       "dtype and shape must match data_offsets; got 12 and 8 bytes in tensor \"x\""},
      {"a shape smaller than its bytes", shape_of("[1]"),
       "dtype and shape must match data_offsets; got 4 and 8 bytes"},
  };
}

std::vector<Malformed> bad_ranges() {
  return {
      {"offsets that are a number", offsets_of("8"), "data_offsets must be an array; got a number"},
      {"no offset", offsets_of("[]"), "dtype and shape must match data_offsets; got 8 and 0 bytes"},
      {"one offset", offsets_of("[8]"), "data_offsets must not fall; got [8, 0] in tensor \"x\""},
      {"three offsets", offsets_of("[0,8,8]"), "data_offsets must be two numbers; got more"},
      {"a negative offset", offsets_of("[-8,0]"), "sizes and offsets must not be negative; got -8"},
      {"falling offsets", offsets_of("[8,0]"), "data_offsets must not fall; got [8, 0]"},
      {"an end past the file", offsets_of("[8,16]"),
       "a tensor must lie within the file; got bytes [8, 16] of 8 in tensor \"x\""},
      {"the largest offsets", offsets_of("[9223372036854775799,9223372036854775807]"),
       "a tensor must lie within the file"},
      {"an offset of 2^64 - 1", offsets_of("[0,18446744073709551615]"),
       "sizes and offsets must be below 2^63; got 18446744073709551615"},
      {"a hole at the start", offsets_of("[8,16]", 16),
       "tensors must leave no hole; got byte 8 after 0 in tensor \"x\""},
      {"a hole in between", entries({entry("a", 0, 2), entry("b", 3, 5)}, 5),
       "tensors must leave no hole; got byte 3 after 2 in tensor \"b\""},
      {"a hole at the end", entries({entry("a", 0, 2)}, 3), "nothing may follow the last tensor"},
      {"an overlap", entries({entry("a", 0, 3), entry("b", 2, 5)}, 5),
       "tensors must not overlap; got byte 2 after 3 in tensor \"b\""},
      {"one range twice", entries({entry("a", 0, 3), entry("b", 0, 3)}, 3),
       "tensors must not overlap"},
      {"an empty tensor inside another", entries({entry("a", 0, 3), entry("b", 1, 1)}, 3),
       "tensors must not overlap; got byte 1 after 3"},
      {"an empty tensor past the end", entries({entry("a", 0, 3), entry("b", 4, 4)}, 3),
       "a tensor must lie within the file"},
      {"a boolean of 2",
       file_of(R"({"x":{"dtype":"BOOL","shape":[1],"data_offsets":[0,1]}})") + "\x02",
       "a boolean must be 0 or 1; got 2 in tensor \"x\""},
  };
}

std::vector<Malformed> bad_metadata() {
  return {
      {"metadata that is text", metadata("\"a\""),
       "metadata must be an object of strings; got a string"},
      {"metadata that is null", metadata("null"),
       "metadata must be an object of strings; got null"},
      {"metadata that is an array", metadata("[]"),
       "metadata must be an object of strings; got an array"},
      {"a number in metadata", metadata("{\"a\":1}"),
       "metadata must be an object of strings; got a number"},
      {"an object in metadata", metadata("{\"a\":{}}"),
       "metadata must be an object of strings; got an object"},
      {"a metadata key twice", metadata("{\"a\":\"1\",\"a\":\"2\"}"),
       "metadata keys must differ; got \"a\" twice"},
      {"metadata twice", file_of("{\"__metadata__\":{},\"__metadata__\":{}}"),
       "names must differ; got \"__metadata__\" twice"},
  };
}

std::vector<Malformed> all_malformed() {
  std::vector<Malformed> all;
  for (auto* part : {bad_frames, bad_json, bad_entries, bad_ranges, bad_metadata}) {
    for (Malformed& one : part()) all.push_back(std::move(one));
  }
  return all;
}

// Remembers the largest request of the CPU allocator.
class LargestRequest {
 public:
  LargestRequest() {
    largest_ = 0;
    cpu_allocator::set_fault_hook([](std::size_t bytes) {
      largest_ = std::max(largest_, bytes);
      return false;
    });
  }
  ~LargestRequest() { cpu_allocator::set_fault_hook(nullptr); }
  std::size_t bytes() const { return largest_; }

 private:
  static inline std::size_t largest_ = 0;
};

}  // namespace

TEST_CASE("malformed files are refused with the reason, from memory and from disk") {
  const test::TemporaryFolder folder;
  const std::string path = folder.file("x");
  const std::vector<Malformed> all = all_malformed();
  CHECK(all.size() >= 60);
  for (const Malformed& one : all) {
    INFO(one.what);
    const LargestRequest largest;
    const std::string message =
        message_of<IOError>([&] { safetensors::parse(one.bytes.data(), one.bytes.size()); });
    CHECK_THAT(message, Catch::StartsWith("[safetensors] ") && Catch::Contains(one.message));
    test::write_text(path, one.bytes);
    CHECK(message_of<IOError>([&] { safetensors::load(path); }) ==
          message + " in file \"" + path + "\"");
    CHECK(largest.bytes() <= one.bytes.size());
  }
}

TEST_CASE("a file changed at random is read or refused, and never larger than itself in memory") {
  const std::string valid = file_of(
      "{\"__metadata__\":{\"a\":\"b\"}," + entry("x", 0, 4) + "," + entry("y", 4, 9) + "}", 9);
  std::mt19937 random(1);
  const LargestRequest largest;
  int read = 0;
  for (int round = 0; round < 20000; ++round) {
    std::string bytes = valid;
    for (unsigned i = 0; i <= round % 3U; ++i) {
      bytes[random() % bytes.size()] = static_cast<char>(random() % 256);
    }
    if (random() % 4 == 0) bytes.resize(random() % (bytes.size() + 1));
    try {
      safetensors::parse(bytes.data(), bytes.size());
      ++read;
    } catch (const IOError& error) {
      REQUIRE_THAT(error.what(), Catch::StartsWith("[safetensors] "));
    }
  }
  CHECK(read > 0);
  CHECK(largest.bytes() <= valid.size());
}

TEST_CASE("paths that are no readable file are refused") {
  const test::TemporaryFolder folder;
  CHECK(message_of<IOError>([&] { safetensors::load(folder.file("none")); }) ==
        "[safetensors] cannot read the file; got \"" + folder.file("none") +
            "\": No such file or directory");
  CHECK(message_of<IOError>([&] { safetensors::load(folder.path().string()); }) ==
        "[safetensors] only a regular file can be read; got \"" + folder.path().string() + "\"");
  CHECK(message_of<IOError>([] { safetensors::load("/dev/zero"); }) ==
        "[safetensors] only a regular file can be read; got \"/dev/zero\"");
}
