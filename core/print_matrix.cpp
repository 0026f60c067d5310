#include <sinter/core/print_matrix_internal.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <limits>

namespace sinter::detail {

namespace {

// How the numbers of one matrix are written: each divided by scale, in so many columns.
struct Format {
  enum class Style { integer, fixed, scientific };
  Style style = Style::integer;
  double scale = 1;
  int width = 0;
};

// Digits before the point of the smallest and the largest finite magnitude; 1 for zero.
struct Exponents {
  double smallest = 1;
  double largest = 1;
};

double exponent(double magnitude) {
  return magnitude == 0 ? 1 : std::floor(std::log10(magnitude)) + 1;
}

Exponents exponents_of(const std::vector<Scalar>& values) {
  double smallest = std::numeric_limits<double>::infinity();
  double largest = -1;
  for (const Scalar& value : values) {
    const double magnitude = std::abs(value.to_double());
    if (!std::isfinite(magnitude)) continue;
    smallest = std::min(smallest, magnitude);
    largest = std::max(largest, magnitude);
  }
  if (largest < 0) return {};
  return {exponent(smallest), exponent(largest)};
}

bool all_whole(const std::vector<Scalar>& values) {
  return std::all_of(values.begin(), values.end(), [](const Scalar& value) {
    const double number = value.to_double();
    return !std::isfinite(number) || number == std::floor(number);
  });
}

Format integer_format(const std::vector<Scalar>& values) {
  Format format;
  for (const Scalar& value : values) {
    const std::string digits = std::to_string(value.to_int());
    format.width = std::max(format.width, static_cast<int>(digits.size()) + (digits[0] != '-'));
  }
  return format;
}

Format scientific_format(const Exponents& e, int precision) {
  const bool three_digits = std::abs(e.smallest) > 99 || std::abs(e.largest) > 99;
  return {Format::Style::scientific, 1, precision + (three_digits ? 8 : 7)};
}

Format fixed_format(const Exponents& e, int precision) {
  if (e.largest >= 0 && e.largest <= 5) {
    const int digits = std::max(static_cast<int>(e.largest), 1);
    return {Format::Style::fixed, 1, digits + precision + 2};
  }
  const double scale = std::pow(10.0, e.largest - 1);
  // Not for subnormal numbers, whose quotients are not finite.
  if (scale < std::numeric_limits<double>::min()) return scientific_format(e, precision);
  return {Format::Style::fixed, scale, precision + 3};
}

Format choose_format(const std::vector<Scalar>& values, int precision) {
  if (!values.front().is_floating_point()) return integer_format(values);
  const Exponents e = exponents_of(values);
  if (all_whole(values)) {
    if (e.largest > 9) return scientific_format({}, precision);
    return {Format::Style::integer, 1, static_cast<int>(e.largest) + 1};
  }
  return e.largest - e.smallest > 4 ? scientific_format(e, precision) : fixed_format(e, precision);
}

std::string number_text(const Scalar& value, const Format& format, int precision) {
  if (!value.is_floating_point()) return std::to_string(value.to_int());
  const double number = value.to_double();
  if (std::isnan(number)) return "nan";
  char text[512];
  if (format.style == Format::Style::scientific) {
    std::snprintf(text, sizeof text, "%.*e", precision, number);
  } else {
    const int digits = format.style == Format::Style::fixed ? precision : 0;
    std::snprintf(text, sizeof text, "%.*f", digits, number / format.scale);
  }
  return text;
}

std::string padded(const std::string& text, int width) {
  const auto wanted = static_cast<std::size_t>(width);
  return text.size() < wanted ? std::string(wanted - text.size(), ' ') + text : text;
}

// One matrix: which rows and columns are shown, their numbers, and how these are written.
class MatrixPrinter {
 public:
  MatrixPrinter(const MatrixView& view, const PrintOptions& how, bool summarise)
      : how_(how), indent_(static_cast<std::size_t>(view.indent), ' ') {
    const TensorMeta& meta = *view.source->meta;
    const bool vector = view.first_dim + 1 == meta.dim();
    rows_ = shown_indices(meta.sizes[view.first_dim], how, summarise);
    columns_ = vector ? std::vector<std::int64_t>{0}
                      : shown_indices(meta.sizes[view.first_dim + 1], how, summarise);
    const std::int64_t row_stride = meta.strides[view.first_dim];
    const std::int64_t column_stride = vector ? 0 : meta.strides[view.first_dim + 1];
    for (const std::int64_t row : rows_) {
      for (const std::int64_t column : columns_) {
        if (row == kGap || column == kGap) continue;
        values_.push_back(view.source->at(view.offset + row * row_stride + column * column_stride));
      }
    }
    if (!values_.empty()) format_ = choose_format(values_, how.precision);
  }

  std::string print() const {
    const std::size_t room = static_cast<std::size_t>(how_.line_width) - indent_.size();
    const std::size_t fitting = room / static_cast<std::size_t>(format_.width + 1);
    const std::size_t per_line = std::max<std::size_t>(fitting, 1);
    std::string out;
    for (std::size_t first = 0; first < columns_.size(); first += per_line) {
      const std::size_t last = std::min(first + per_line, columns_.size());
      if (first != 0) out += "\n";
      if (per_line < columns_.size()) out += columns_title(first, last);
      if (format_.scale != 1) out += shortest_text(format_.scale) + " *\n";
      out += block(first, last);
    }
    return out;
  }

 private:
  std::string columns_title(std::size_t first, std::size_t last) const {
    if (columns_[first] == kGap && first + 1 < last) ++first;
    if (columns_[last - 1] == kGap && first + 1 < last) --last;
    if (columns_[first] == kGap) return "Columns ...\n";
    return str("Columns ", columns_[first] + 1, " to ", columns_[last - 1] + 1, "\n");
  }

  // The shown columns [first, last) of all rows.
  std::string block(std::size_t first, std::size_t last) const {
    const std::size_t per_row = columns_.size() - gaps_before(columns_.size());
    std::size_t value = first - gaps_before(first);
    std::string out;
    for (const std::int64_t row : rows_) {
      out += indent_;
      if (row == kGap) {
        out += " ...\n";
      } else {
        out += line(value, first, last) + "\n";
        value += per_row;
      }
    }
    return out;
  }

  std::size_t gaps_before(std::size_t column) const {
    const auto begin = columns_.begin();
    return static_cast<std::size_t>(
        std::count(begin, begin + static_cast<std::ptrdiff_t>(column), kGap));
  }

  // The shown columns [first, last) of a row; value is the first of their numbers.
  std::string line(std::size_t value, std::size_t first, std::size_t last) const {
    std::string out;
    for (std::size_t c = first; c < last; ++c) {
      if (c > first) out += ' ';
      if (columns_[c] == kGap) {
        out += " ...";
      } else {
        out += padded(number_text(values_[value++], format_, how_.precision), format_.width);
      }
    }
    return out;
  }

  const PrintOptions& how_;
  std::string indent_;
  std::vector<std::int64_t> rows_;
  std::vector<std::int64_t> columns_;
  std::vector<Scalar> values_;  // row by row, without gaps
  Format format_;
};

}  // namespace

std::vector<std::int64_t> shown_indices(std::int64_t size, const PrintOptions& how,
                                        bool summarise) {
  std::vector<std::int64_t> out;
  const std::int64_t edge = std::min(how.edge_items, size);
  if (summarise && size - edge > edge) {
    for (std::int64_t i = 0; i < edge; ++i) out.push_back(i);
    out.push_back(kGap);
    for (std::int64_t i = size - edge; i < size; ++i) out.push_back(i);
  } else {
    for (std::int64_t i = 0; i < size; ++i) out.push_back(i);
  }
  return out;
}

std::string shortest_text(double value) {
  const double magnitude = std::abs(value);
  const bool plain = !std::isfinite(value) || value == 0 || (magnitude >= 1e-4 && magnitude < 1e16);
  char text[64];
  const auto end = std::to_chars(text, text + sizeof text, value,
                                 plain ? std::chars_format::fixed : std::chars_format::scientific);
  return {text, end.ptr};
}

Scalar PrintSource::at(std::int64_t offset) const {
  return visit_dtype(meta->dtype, [&]<class T>() -> Scalar {
    T value;
    std::memcpy(&value, data + offset * static_cast<std::int64_t>(sizeof(T)), sizeof(T));
    return value;
  });
}

std::string print_matrix(const MatrixView& matrix, const PrintOptions& how, bool summarise) {
  return MatrixPrinter(matrix, how, summarise).print();
}

}  // namespace sinter::detail
