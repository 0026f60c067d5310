// The closing table.
#pragma once
#include <optional>
#include <string>
#include <vector>

namespace digits {

// One form of a net; what is missing was not measured.
struct Row {
  std::string name;
  std::optional<double> accuracy = {};        // percent
  std::optional<double> bytes = {};           // of its file
  std::optional<double> step_ms = {};         // one step of training
  std::optional<double> one_ms = {};          // per image, one at a time
  std::optional<double> all_ms = {};          // per image, all at once
  std::optional<double> training_peak = {};   // bytes in use, above those before
  std::optional<double> inference_peak = {};  // the same for all images at once
  std::string note = {};                      // stands in the place of the numbers
};

// The rows of one net under its name.
std::string table(const std::string& title, const std::vector<Row>& rows);

}  // namespace digits
