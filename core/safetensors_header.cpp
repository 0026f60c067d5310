#include <sinter/core/error.h>
#include <sinter/core/safetensors_header_internal.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <vector>

namespace sinter::safetensors::detail {

namespace {

using Json = nlohmann::json;

constexpr std::pair<std::string_view, DType> kDTypes[] = {
    {"BOOL", kBool}, {"U8", kUInt8}, {"I8", kInt8},       {"I16", kInt16},   {"I32", kInt32},
    {"I64", kInt64}, {"F16", kHalf}, {"BF16", kBFloat16}, {"F32", kFloat32}, {"F64", kFloat64}};

template <class... Args>
[[noreturn]] void refuse(const Args&... args) {
  fail<IOError>("[safetensors] ", args...);
}

// Takes the events of the JSON parser, and knows what may come at each place.
class HeaderReader {
 public:
  Header header;

  bool start_object(std::size_t) {
    if (place_ == Place::start) return go(Place::top);
    if (place_ != Place::tensor && place_ != Place::metadata_object) return unexpected("an object");
    return go(place_ == Place::tensor ? Place::field : Place::metadata_key);
  }
  bool end_object() {
    if (place_ == Place::top) return go(Place::end);
    if (place_ == Place::field) finish_entry();
    return go(Place::top);
  }
  bool start_array(std::size_t) {
    if (place_ != Place::shape && place_ != Place::offsets) return unexpected("an array");
    return go(place_ == Place::shape ? Place::size : Place::offset);
  }
  bool end_array() { return go(Place::field); }
  bool key(std::string& text) {
    if (place_ == Place::top) return top_key(text);
    if (place_ == Place::field) return field_key(text);
    metadata_key_ = text;
    return go(Place::metadata_value);
  }
  bool string(std::string& text) {
    if (place_ == Place::dtype) return set_dtype(text);
    if (place_ != Place::metadata_value) return unexpected("a string");
    if (!header.metadata.emplace(metadata_key_, text).second) {
      refuse("metadata keys must differ; got \"", metadata_key_, "\" twice");
    }
    return go(Place::metadata_key);
  }
  bool number_integer(std::int64_t value) {
    if (place_ != Place::size && place_ != Place::offset) return unexpected("a number");
    if (value < 0) refuse("sizes and offsets must not be negative; got ", value, where());
    return number(value);
  }
  bool number_unsigned(std::uint64_t value) {
    if (place_ != Place::size && place_ != Place::offset) return unexpected("a number");
    if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
      refuse("sizes and offsets must be below 2^63; got ", value, where());
    }
    return number(static_cast<std::int64_t>(value));
  }
  bool number_float(double, const std::string& text) {
    if (place_ != Place::size && place_ != Place::offset) return unexpected("a number");
    refuse("sizes and offsets must be integers below 2^63; got ", text, where());
  }
  bool null() { return unexpected("null"); }
  bool boolean(bool) { return unexpected("a boolean"); }
  bool binary(Json::binary_t&) { return unexpected("bytes"); }
  bool parse_error(std::size_t position, const std::string&, const Json::exception&) {
    refuse("the header must be valid JSON; got an error at byte ", position);
  }

 private:
  // What may come next.
  enum class Place {
    start,
    top,  // the name of a tensor
    tensor,
    field,  // the name of one of its three fields
    dtype,
    shape,
    size,
    offsets,
    offset,
    metadata_object,
    metadata_key,
    metadata_value,
    end
  };
  enum Field : unsigned { has_dtype = 1, has_shape = 2, has_offsets = 4 };

  bool go(Place place) {
    place_ = place;
    return true;
  }

  std::string where() const {
    const bool in_tensor = place_ >= Place::tensor && place_ <= Place::offset;
    return in_tensor ? " in tensor \"" + header.entries.back().name + "\"" : "";
  }

  bool unexpected(const char* what) const {
    const char* wanted = "the header must be a JSON object";
    switch (place_) {
      case Place::tensor:
        wanted = "a tensor must be a JSON object";
        break;
      case Place::dtype:
        wanted = "a dtype must be a string";
        break;
      case Place::shape:
        wanted = "a shape must be an array";
        break;
      case Place::offsets:
        wanted = "data_offsets must be an array";
        break;
      case Place::size:
      case Place::offset:
        wanted = "sizes and offsets must be numbers";
        break;
      case Place::metadata_object:
      case Place::metadata_value:
        wanted = "metadata must be an object of strings";
        break;
      default:
        break;
    }
    refuse(wanted, "; got ", what, where());
  }

  bool top_key(const std::string& name) {
    if (name == kMetadataKey) {
      if (has_metadata_) refuse("names must differ; got \"", name, "\" twice");
      has_metadata_ = true;
      return go(Place::metadata_object);
    }
    if (name.empty()) refuse("a tensor must have a name; got \"\"");
    header.entries.emplace_back().name = name;
    fields_ = 0;
    return go(Place::tensor);
  }

  bool field_key(const std::string& name) {
    if (name == "dtype") return start_field(has_dtype, Place::dtype, name);
    if (name == "shape") return start_field(has_shape, Place::shape, name);
    if (name == "data_offsets") return start_field(has_offsets, Place::offsets, name);
    refuse("a tensor has dtype, shape and data_offsets only; got \"", name, "\"", where());
  }

  bool start_field(Field field, Place place, const std::string& name) {
    if ((fields_ & field) != 0) refuse("fields must differ; got \"", name, "\" twice", where());
    fields_ |= field;
    offsets_ = 0;
    return go(place);
  }

  bool set_dtype(const std::string& text) {
    for (const auto& [name, dtype] : kDTypes) {
      if (name == text) {
        header.entries.back().dtype = dtype;
        return go(Place::field);
      }
    }
    refuse("the dtype is unknown; got \"", text, "\"", where());
  }

  bool number(std::int64_t value) {
    Entry& entry = header.entries.back();
    if (place_ == Place::size) {
      if (entry.shape.size() == kMaxDims) {
        refuse("a tensor has at most ", kMaxDims, " dimensions; got more", where());
      }
      entry.shape.push_back(value);
    } else {
      if (offsets_ == 2) refuse("data_offsets must be two numbers; got more", where());
      (offsets_++ == 0 ? entry.begin : entry.end) = value;
    }
    return true;
  }

  void finish_entry() const {
    if (fields_ != (has_dtype | has_shape | has_offsets)) {
      refuse("a tensor needs dtype, shape and data_offsets; got less", where());
    }
    const Entry& entry = header.entries.back();
    if (entry.begin > entry.end) {
      refuse("data_offsets must not fall; got ", IntArrayRef({entry.begin, entry.end}), where());
    }
  }

  Place place_ = Place::start;
  unsigned fields_ = 0;
  int offsets_ = 0;
  bool has_metadata_ = false;
  std::string metadata_key_;
};

// Bytes of a shape, or -1 when they exceed INT64_MAX, over the sizes that are not zero.
std::int64_t bytes_of(const Entry& entry) {
  auto bytes = static_cast<std::int64_t>(element_size(entry.dtype));
  bool empty = false;
  for (const std::int64_t size : entry.shape) {
    if (size == 0) {
      empty = true;
    } else if (__builtin_mul_overflow(bytes, size, &bytes)) {
      return -1;
    }
  }
  return empty ? 0 : bytes;
}

void check_sizes(const Header& header) {
  for (const Entry& entry : header.entries) {
    const std::int64_t bytes = bytes_of(entry);
    if (bytes < 0) {
      refuse("the size of a tensor exceeds 2^63 - 1 bytes; got ", IntArrayRef(entry.shape),
             " in tensor \"", entry.name, "\"");
    }
    if (bytes != entry.end - entry.begin) {
      refuse("dtype and shape must match data_offsets; got ", bytes, " and ",
             entry.end - entry.begin, " bytes in tensor \"", entry.name, "\"");
    }
  }
}

void check_names(std::vector<const Entry*>& entries) {
  std::sort(entries.begin(), entries.end(),
            [](const Entry* a, const Entry* b) { return a->name < b->name; });
  for (std::size_t i = 1; i < entries.size(); ++i) {
    if (entries[i]->name == entries[i - 1]->name) {
      refuse("names must differ; got \"", entries[i]->name, "\" twice");
    }
  }
}

// The tensors must lie one after the other and fill the data.
void check_ranges(std::vector<const Entry*>& entries, std::int64_t data_bytes) {
  std::sort(entries.begin(), entries.end(), [](const Entry* a, const Entry* b) {
    return std::pair(a->begin, a->end) < std::pair(b->begin, b->end);
  });
  std::int64_t reached = 0;
  for (const Entry* entry : entries) {
    if (entry->end > data_bytes) {
      refuse("a tensor must lie within the file; got bytes ",
             IntArrayRef({entry->begin, entry->end}), " of ", data_bytes, " in tensor \"",
             entry->name, "\"");
    }
    if (entry->begin != reached) {
      refuse(entry->begin < reached ? "tensors must not overlap" : "tensors must leave no hole",
             "; got byte ", entry->begin, " after ", reached, " in tensor \"", entry->name, "\"");
    }
    reached = entry->end;
  }
  if (reached != data_bytes) {
    refuse("nothing may follow the last tensor; got ", data_bytes - reached, " bytes");
  }
}

}  // namespace

Header parse_header(std::string_view text, std::size_t data_bytes) {
  if (text.empty() || text.front() != '{') refuse("the header must begin with {; got another byte");
  // The parser would take one for the end.
  if (text.find('\0') != text.npos) refuse("the header must be valid JSON; got a zero byte");
  HeaderReader reader;
  Json::sax_parse(text.begin(), text.end(), &reader);
  check_sizes(reader.header);
  std::vector<const Entry*> entries;
  entries.reserve(reader.header.entries.size());
  for (const Entry& entry : reader.header.entries) entries.push_back(&entry);
  check_names(entries);
  check_ranges(entries, static_cast<std::int64_t>(data_bytes));
  return std::move(reader.header);
}

namespace {

std::string quoted(const std::string& text) {
  try {
    return Json(text).dump();
  } catch (const Json::exception&) {
    fail<ValueError>("[safetensors] names and metadata must be UTF-8; got other bytes");
  }
}

std::string_view format_name(DType dtype) {
  const auto* found = std::find_if(std::begin(kDTypes), std::end(kDTypes),
                                   [&](const auto& known) { return known.second == dtype; });
  return found->first;
}

std::string joined(IntArrayRef sizes) {
  std::string out = "[";
  for (const std::int64_t size : sizes) out += (out.size() > 1 ? "," : "") + std::to_string(size);
  return out + "]";
}

}  // namespace

std::string header_text(const Header& header) {
  std::string out = "{";
  const auto separate = [&out] { out += out.size() > 1 ? "," : ""; };
  if (!header.metadata.empty()) {
    out += str("\"", kMetadataKey, "\":{");
    const char* separator = "";
    for (const auto& [key, value] : header.metadata) {
      out += separator + quoted(key) + ":" + quoted(value);
      separator = ",";
    }
    out += "}";
  }
  for (const Entry& entry : header.entries) {
    separate();
    out += str(quoted(entry.name), ":{\"dtype\":\"", format_name(entry.dtype),
               "\",\"shape\":", joined(entry.shape),
               ",\"data_offsets\":", joined({entry.begin, entry.end}), "}");
  }
  out += "}";
  // The data starts at a multiple of 8 bytes.
  out.resize((out.size() + 7) / 8 * 8, ' ');
  SINTER_CHECK_AS(ValueError, out.size() <= kMaxHeaderBytes,
                  "[safetensors] the header must have at most ", kMaxHeaderBytes, " bytes; got ",
                  out.size());
  return out;
}

}  // namespace sinter::safetensors::detail
