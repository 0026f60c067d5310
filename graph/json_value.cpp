#include <sinter/graph/json_internal.h>

#include <cmath>
#include <limits>

namespace sinter::graph {

namespace {

constexpr const char* kFormat = "sinter.graph";
constexpr std::int64_t kVersion = 1;

// A few characters of what was found instead.
std::string shown(const Json& json) {
  const std::string all = json.dump(-1, ' ', false, Json::error_handler_t::replace);
  return all.size() <= 60 ? all : all.substr(0, 57) + "...";
}

template <class... T>
void check(bool condition, const Json& json, const T&... rule) {
  SINTER_CHECK_AS(ValueError, condition, "[from_json] ", rule..., "; got ", shown(json));
}

Json double_to_json(double value) {
  if (std::isnan(value)) return {{"double", "nan"}};
  if (std::isinf(value)) return {{"double", value < 0 ? "-inf" : "inf"}};
  return value;
}

double double_from_json(const Json& json) {
  if (json.is_number_float()) return json.get<double>();
  const std::string word = text_member(json, "double");
  const double infinity = std::numeric_limits<double>::infinity();
  if (word == "inf") return infinity;
  if (word == "-inf") return -infinity;
  check(word == "nan", json, "a double is a number, nan, inf or -inf");
  return std::numeric_limits<double>::quiet_NaN();
}

}  // namespace

Json value_to_json(const ops::AttrValue& value) {
  return std::visit(
      []<class T>(const T& v) -> Json {
        if constexpr (std::is_same_v<T, std::monostate>) {
          return nullptr;
        } else if constexpr (std::is_same_v<T, double>) {
          return double_to_json(v);
        } else if constexpr (std::is_same_v<T, Scalar>) {
          if (v.is_boolean()) return {{"scalar", v.to_bool()}};
          if (v.is_integral()) return {{"scalar", v.to_int()}};
          return {{"scalar", double_to_json(v.to_double())}};
        } else {
          return v;
        }
      },
      value);
}

ops::AttrValue value_from_json(const Json& json) {
  if (json.is_null()) return std::monostate();
  if (json.is_boolean()) return json.get<bool>();
  if (json.is_number_integer()) return integer(json);
  if (json.is_string()) return text(json);
  if (json.is_array()) {
    std::vector<std::int64_t> out;
    for (const Json& element : json) out.push_back(integer(element));
    return out;
  }
  if (!json.is_object() || !json.contains("scalar")) return double_from_json(json);
  check(!json["scalar"].contains("scalar"), json, "a scalar is a number");
  const ops::AttrValue number = value_from_json(json["scalar"]);
  if (const auto* v = std::get_if<bool>(&number)) return Scalar(*v);
  if (const auto* v = std::get_if<std::int64_t>(&number)) return Scalar(*v);
  check(std::holds_alternative<double>(number), json, "a scalar is a number");
  return Scalar(std::get<double>(number));
}

const Json& member(const Json& json, const char* key) {
  check(json.is_object() && json.contains(key), json, "there must be a member \"", key, "\"");
  return json[key];
}

const Json& array_member(const Json& json, const char* key) {
  const Json& found = member(json, key);
  check(found.is_array(), found, "\"", key, "\" must be a list");
  return found;
}

std::int64_t integer(const Json& json) {
  const bool fits = json.is_number_integer() &&
                    !(json.is_number_unsigned() && json.get<std::uint64_t>() > INT64_MAX);
  check(fits, json, "an integer of 64 bits is wanted");
  return json.get<std::int64_t>();
}

bool boolean_member(const Json& json, const char* key, bool otherwise) {
  if (!json.contains(key)) return otherwise;
  check(json[key].is_boolean(), json[key], "\"", key, "\" must be true or false");
  return json[key].get<bool>();
}

std::string text(const Json& json) {
  check(json.is_string(), json, "a text is wanted");
  return json.get<std::string>();
}

std::string text_member(const Json& json, const char* key) { return text(member(json, key)); }

std::string optional_text(const Json& json, const char* key) {
  return json.contains(key) ? text(json[key]) : std::string();
}

Json begin_document(const std::string& name) {
  return {{"format", kFormat}, {"version", kVersion}, {"name", name}};
}

Json parse_document(const std::string& text) {
  static constexpr int kMaxDepth = 256;
  const auto shallow = [](int depth, Json::parse_event_t, const Json&) {
    SINTER_CHECK_AS(ValueError, depth <= kMaxDepth,
                    "[from_json] the text must not be nested deeper than ", kMaxDepth,
                    " levels; got ", depth);
    return true;
  };
  Json json;
  try {
    json = Json::parse(text, shallow);
  } catch (const Json::exception& e) {
    fail<ValueError>("[from_json] the text must be JSON; got ", e.what());
  }
  check(json.is_object() && optional_text(json, "format") == kFormat, json, "the format must be ",
        kFormat);
  const Json& version = member(json, "version");
  check(version.is_number_integer() && integer(version) == kVersion, version,
        "the version must be ", kVersion, ", which this program reads");
  return json;
}

}  // namespace sinter::graph
