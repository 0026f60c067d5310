#include <sinter/core/version.h>

#ifdef SINTER_WITH_ONEDNN
#include <dnnl.hpp>
#endif

namespace sinter {

const char* version() noexcept { return SINTER_VERSION; }

namespace {

std::string onednn_version() {
#ifdef SINTER_WITH_ONEDNN
  const dnnl_version_t* v = dnnl_version();
  return std::to_string(v->major) + "." + std::to_string(v->minor) + "." + std::to_string(v->patch);
#else
  return "off";
#endif
}

std::string openmp_version() {
#ifdef SINTER_WITH_OPENMP
  return std::to_string(_OPENMP);
#else
  return "off";
#endif
}

}  // namespace

std::string show_config() {
  std::string out = "Sinter " + std::string(version());
  out += "\n  compiler: " + std::string(__VERSION__);
  out += "\n  oneDNN: " + onednn_version();
  out += "\n  OpenMP: " + openmp_version();
  return out + "\n";
}

}  // namespace sinter
