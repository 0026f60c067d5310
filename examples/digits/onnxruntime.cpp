#include "onnxruntime.h"

#include <sinter/core/error.h>
#include <sinter/core/parallel.h>
#include <sys/wait.h>

#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "../onnx_run/npy.h"

namespace fs = std::filesystem;

namespace digits {

namespace {

// Exit statuses: run_onnx.py's, and that of a shell for a command that is not there.
constexpr int kNotInstalled = 77, kNoCommand = 127;

std::string quoted(const std::string& path) {
  std::string out = "'";
  for (const char c : path) out += c == '\'' ? "'\\''" : std::string(1, c);
  return out + "'";
}

// What a command prints, and its exit status.
std::pair<std::string, int> output_of(const std::string& command) {
  std::FILE* pipe = popen(command.c_str(), "r");
  SINTER_CHECK_AS(IOError, pipe != nullptr, "[digits] cannot run a command; got ", command);
  std::string out;
  for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) out += static_cast<char>(c);
  const int status = pclose(pipe);
  return {out, WIFEXITED(status) ? WEXITSTATUS(status) : -1};
}

}  // namespace

std::optional<std::vector<Inference>> run_in_onnxruntime(const std::string& command,
                                                         const std::vector<std::string>& files,
                                                         const sinter::Tensor& images) {
  const std::string input = fs::path(files.at(0)).replace_filename("images.npy");
  write_npy(input, images);
  std::string line = sinter::str(command, " ", sinter::get_num_threads(), " ", quoted(input));
  for (const auto& file : files) line += " " + quoted(file);
  const auto [printed, status] = output_of(line);
  if (status == kNotInstalled || status == kNoCommand) return std::nullopt;
  SINTER_CHECK(status == 0, "[digits] ONNX Runtime must run the files; got exit status ", status,
               " of ", line);
  std::vector<Inference> out;
  for (const auto& item : nlohmann::json::parse(printed)) {
    const fs::path scores = fs::path(files.at(out.size())).replace_extension(".scores.npy");
    out.push_back({read_npy(scores), item.at("one_ms"), item.at("all_ms")});
  }
  return out;
}

}  // namespace digits
