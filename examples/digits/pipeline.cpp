#include "pipeline.h"

#include <sinter/graph/compile.h>
#include <sinter/graph/dot.h>
#include <sinter/graph/onnx/onnx.h>
#include <sinter/quant/quant.h>

#include <array>
#include <cstdio>
#include <fstream>

#include "curves.h"
#include "onnxruntime.h"
#include "training.h"

namespace fs = std::filesystem;
namespace nn = sinter::nn;
namespace graph = sinter::graph;
namespace quant = sinter::quant;
using sinter::Tensor;

namespace digits {

namespace {

constexpr double kRate = 3e-3, kQuantizedRate = 2e-3;

void write_text(const fs::path& path, const std::string& text) {
  std::ofstream out(path, std::ios::binary);
  out << text;
  out.close();
  if (!out) throw sinter::IOError("[digits] cannot write " + path.string());
}

bool same_parameters(const nn::Sequential& a, const nn::Sequential& b) {
  const auto x = a->state_dict();
  const auto y = b->state_dict();
  for (const auto& item : x) {
    if (!item->equal(y[item.key()])) return false;
  }
  return true;
}

// A step of training: forward, backward and optimizer.
template <class Net, class Optimizer>
auto make_step(Net& net, Optimizer& optimizer) {
  return [&](const Tensor& x, const Tensor& y) {
    optimizer.zero_grad();
    const Tensor loss = nn::functional::cross_entropy(net(x), y);
    loss.backward();
    optimizer.step();
    return loss;
  };
}

struct Trained {
  nn::Sequential net;
  Course course;
};

// What a row of the table is about.
struct Form {
  const char* name;
  const char* file = nullptr;
  const Course* course = nullptr;
};

class Pipeline {
 public:
  Pipeline(const Model& model, const Settings& settings, const Split& images)
      : model_(model), settings_(settings), images_(images) {
    fs::create_directories(settings_.folder);
  }

  Outcome run() {
    const Trained eager = train_float("eager", [](auto step) { return step; });
    const Trained compiled =
        train_float("compiled", [](auto step) { return graph::compile_step(step); });
    sinter::save(eager.net, path("model.safetensors"));
    nn::Sequential net = model_.make();
    sinter::load(net, path("model.safetensors"));
    net->eval();
    const Inference floats = infer(net, pixels());
    add_row({"eager float", "model.safetensors", &eager.course}, floats);
    add_row({"compiled float", "model.safetensors", &compiled.course},
            infer(graph::compile(net), pixels()));

    graph::GraphModule captured = graph::trace(net, {pixels().slice(0, 0, kBatch)});
    draw(captured->graph());
    captured->to_folder(path("cpp"));
    sinter::onnx::save(captured, path("model.onnx"));

    graph::GraphModule qat = quant::prepare_qat(captured, quant::QConfig::ort_x86());
    const Course quantized = train_quantized(qat);
    add_row({"QAT", nullptr, &quantized}, infer(qat, pixels()));
    graph::GraphModule integer = quant::convert(qat);
    sinter::save(integer, path("int8.safetensors"));
    sinter::onnx::save(integer, path("int8.onnx"));
    const Inference integers = infer(integer, pixels());
    add_row({"int8", "int8.safetensors"}, integers);

    run_exported(floats.scores, integers.scores);
    write_text(path("curves.svg"), curves_svg({{"eager", eager.course.losses},
                                               {"compiled", compiled.course.losses},
                                               {"quantized", quantized.losses}}));
    return {rows_, same_parameters(eager.net, compiled.net)};
  }

 private:
  std::string path(const char* name) const { return settings_.folder / name; }
  const Tensor& pixels() const { return images_.held_out.pixels; }

  // However the step runs, it begins with the same seed and sees the same batches.
  template <class MakeRunnable>
  Trained train_float(const char* name, MakeRunnable runnable) const {
    sinter::manual_seed(settings_.seed);
    nn::Sequential net = model_.make();
    sinter::optim::AdamW optimizer(net->parameters(),
                                   sinter::optim::AdamWOptions(kRate).weight_decay(0.05));
    const Run run{sinter::str(model_.name, ", ", name),
                  settings_.epochs,
                  kRate,
                  *net,
                  optimizer,
                  runnable(make_step(net, optimizer)),
                  net};
    return {net, train(run, images_)};
  }

  Course train_quantized(graph::GraphModule& qat) const {
    quant::Schedule schedule(qat, settings_.quantized_epochs * batch_count(images_.kept));
    sinter::optim::SGD optimizer(qat->parameters(),
                                 sinter::optim::SGDOptions(kQuantizedRate).momentum(0.9));
    const auto step = [&, learn = make_step(qat, optimizer)](const Tensor& x, const Tensor& y) {
      const Tensor loss = learn(x, y);
      schedule.step();
      return loss;
    };
    const Run run{sinter::str(model_.name, ", quantized"),
                  settings_.quantized_epochs,
                  kQuantizedRate,
                  *qat,
                  optimizer,
                  step,
                  qat};
    return train(run, images_);
  }

  void draw(const graph::Graph& graph) const {
    write_text(path("graph.dot"), graph.to_dot());
    try {
      graph::save_svg(graph, path("graph.svg"));
    } catch (const sinter::Error& error) {
      std::printf("no graph.svg: %s\n", error.what());
    }
  }

  // The exported files elsewhere, which should give the scores that they give here.
  void run_exported(const Tensor& scores, const Tensor& int8_scores) {
    const std::array<Form, 2> forms{
        {{"ONNX Runtime float", "model.onnx"}, {"ONNX Runtime int8", "int8.onnx"}}};
    const auto results = run_in_onnxruntime(settings_.onnxruntime,
                                            {path(forms[0].file), path(forms[1].file)}, pixels());
    if (!results) {
      for (const Form& form : forms) rows_.push_back({.name = form.name, .note = "not installed"});
      return;
    }
    for (std::size_t i = 0; i < forms.size(); ++i) add_row(forms[i], (*results)[i]);
    const Tensor same = int8_scores.eq((*results)[1].scores);
    std::printf("ONNX Runtime: float scores differ by at most %.2g, %s int8 scores by nothing\n",
                (scores - (*results)[0].scores).abs().max().item<double>(),
                sinter::str(same.sum().item<std::int64_t>(), " of ", same.numel()).c_str());
  }

  void add_row(const Form& form, const Inference& result) {
    Row row{.name = form.name,
            .accuracy = accuracy(result.scores, images_.held_out.labels),
            .one_ms = result.one_ms,
            .all_ms = result.all_ms,
            .inference_peak = result.peak_bytes};
    if (form.file != nullptr) row.bytes = static_cast<double>(fs::file_size(path(form.file)));
    if (form.course != nullptr) {
      row.step_ms = form.course->step_ms;
      row.training_peak = form.course->peak_bytes;
    }
    rows_.push_back(row);
  }

  const Model& model_;
  const Settings& settings_;
  const Split& images_;
  std::vector<Row> rows_;
};

}  // namespace

Outcome run_pipeline(const Model& model, const Settings& settings, const Split& images) {
  return Pipeline(model, settings, images).run();
}

}  // namespace digits
