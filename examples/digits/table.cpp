#include "table.h"

#include <sinter/core/error.h>

#include <cstdio>

namespace digits {

namespace {

constexpr int kNameWidth = 20, kWidth = 12;

std::string padded(const std::string& text, int width) {
  char out[80];
  std::snprintf(out, sizeof out, "%*s", width, text.c_str());
  return out;
}

std::string cell(const char* format, std::optional<double> value, double unit = 1) {
  if (!value) return padded("-", kWidth);
  char text[32];
  std::snprintf(text, sizeof text, format, *value / unit);
  return padded(text, kWidth);
}

std::string line(const Row& row) {
  if (!row.note.empty()) return "  " + row.note;
  return cell("%.1f %%", row.accuracy) + cell("%.1f KB", row.bytes, 1e3) +
         cell("%.3f", row.step_ms) + cell("%.4f", row.one_ms) + cell("%.4f", row.all_ms) +
         cell("%.2f MB", row.training_peak, 1e6) + cell("%.2f MB", row.inference_peak, 1e6);
}

}  // namespace

std::string table(const std::string& title, const std::vector<Row>& rows) {
  std::string above = padded("", -kNameWidth);
  std::string heads = padded(title, -kNameWidth);
  for (const auto& [upper, lower] : {std::pair("", "accuracy"),
                                     {"", "file"},
                                     {"", "ms/step"},
                                     {"ms/image,", "one by one"},
                                     {"ms/image,", "all at once"},
                                     {"peak,", "training"},
                                     {"peak,", "inference"}}) {
    above += padded(upper, kWidth);
    heads += padded(lower, kWidth);
  }
  std::string out = above + "\n" + heads + "\n";
  for (const Row& row : rows) out += padded(row.name, -kNameWidth) + line(row) + "\n";
  return out;
}

}  // namespace digits
