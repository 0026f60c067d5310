#include <sinter/quant/qconfig.h>

namespace sinter::quant {

namespace {
QConfig make(const char* name, const QScheme& activation, const PlacementRules& rules) {
  QConfig out;
  out.name = name;
  out.activation = activation;
  out.weight = QScheme::i8_weight();
  out.training_observer.kind = ObserverKind::moving_average;
  out.calibration_observer.kind = ObserverKind::histogram;
  out.rules = rules;
  return out;
}
}  // namespace

QConfig QConfig::tensorrt() { return make("tensorrt", QScheme::i8_symmetric(), {true, false}); }

QConfig QConfig::ort_x86() { return make("ort_x86", QScheme::u8_affine(), {false, true}); }

}  // namespace sinter::quant
