#include <sinter/autograd/grad_mode.h>
#include <sinter/core/safetensors.h>
#include <sinter/nn/nn.h>
#include <sinter/ops/ops.h>
#include <sinter/tests/core/error_message.h>

#include <catch2/catch.hpp>

using namespace sinter;
using namespace sinter::nn;
using sinter::test::message_of;

namespace {

// One case of tests/data/nn/layer_numbers.py.
class Case {
 public:
  explicit Case(std::string name) : name_(std::move(name)) {}

  Tensor get(const std::string& key) const {
    static const safetensors::File file =
        safetensors::load(SINTER_TEST_DATA "/nn/layer_numbers.safetensors");
    const Tensor tensor = file.find(name_ + "/" + key);
    INFO(name_ << "/" << key);
    REQUIRE(tensor.defined());
    return tensor;
  }

  // Gives the module the parameters that PyTorch's had.
  void load(Module& module) const {
    OrderedDict<std::string, Tensor> state;
    for (const auto& item : module.state_dict())
      state.insert(item.key(), get("param/" + item.key()));
    module.load_state_dict(state);
  }

  void check(const Tensor& output, const std::string& key = "output") const {
    const Tensor want = get(key);
    INFO(name_ << "/" << key);
    REQUIRE(output.sizes() == want.sizes());
    REQUIRE(output.dtype() == want.dtype());
    CHECK(output.detach().allclose(want, 1e-5, 1e-6));
  }

  // Loads, calls and compares, with the buffers that the call leaves.
  template <class M>
  void run(ModuleHolder<M> module) const {
    load(*module);
    check(module(get("input/0")));
    for (const auto& item : module->state_dict()) check(*item, "after/" + item.key());
  }
  template <class M>
  void run_loss(ModuleHolder<M> module) const {
    load(*module);
    check(module(get("input/0"), get("input/1")));
  }

 private:
  std::string name_;
};

void run(const char* name, auto module) { Case(name).run(std::move(module)); }
void run_loss(const char* name, auto module) { Case(name).run_loss(std::move(module)); }

template <class Holder>
Holder evaluated(Holder module) {
  module->eval();
  return module;
}

}  // namespace

TEST_CASE("linear layers compute what PyTorch's do") {
  run("linear", Linear(5, 3));
  run("linear_no_bias", Linear(LinearOptions(5, 3).bias(false)));
  run("flatten", Flatten());
  run("flatten_range", Flatten(FlattenOptions().start_dim(0).end_dim(1)));
  run("unflatten", Unflatten(UnflattenOptions(1, {2, -1})));
  const Tensor x = ones({2});
  CHECK(Identity()(x).is_same(x));
}

TEST_CASE("convolutions compute what PyTorch's do") {
  run("conv1d", Conv1d(Conv1dOptions(3, 4, 3).stride(2).padding(1)));
  run("conv1d_replicate", Conv1d(Conv1dOptions(2, 2, 3).padding(2).padding_mode(kReplicate)));
  run("conv2d", Conv2d(2, 4, 3));
  run("conv2d_everything", Conv2d(Conv2dOptions(4, 6, {3, 2})
                                      .stride({2, 1})
                                      .padding({1, 2})
                                      .dilation({1, 2})
                                      .groups(2)
                                      .bias(false)));
  run("conv2d_same", Conv2d(Conv2dOptions(1, 2, {4, 3}).padding(kSame).dilation(2)));
  run("conv2d_valid", Conv2d(Conv2dOptions(1, 2, 3).padding(kValid)));
  run("conv2d_reflect", Conv2d(Conv2dOptions(2, 2, 3).padding({1, 2}).padding_mode(kReflect)));
  run("conv2d_circular", Conv2d(Conv2dOptions(2, 2, 3).padding(1).padding_mode(kCircular)));
  run("conv2d_same_reflect",
      Conv2d(Conv2dOptions(1, 2, {4, 3}).padding(kSame).padding_mode(kReflect)));
  run("conv2d_unbatched", Conv2d(Conv2dOptions(2, 3, 3).padding(1)));
}

TEST_CASE("transposed convolutions compute what PyTorch's do") {
  run("conv_transpose2d",
      ConvTranspose2d(
          ConvTranspose2dOptions(4, 6, 3).stride(2).padding(1).output_padding(1).groups(2).dilation(
              2)));
  const Case sized("conv_transpose2d_size");
  ConvTranspose2d conv(ConvTranspose2dOptions(2, 3, 3).stride(2).padding(1));
  sized.load(*conv);
  sized.check(conv(sized.get("input/0"), std::vector<std::int64_t>{8, 7}));
  sized.check(conv(sized.get("input/0"), std::vector<std::int64_t>{1, 3, 8, 7}));
  CHECK(message_of<ValueError>([&] {
          conv(sized.get("input/0"), std::vector<std::int64_t>{9, 7});
        }) == "[conv_transpose2d] output_size[0] must be between 7 and 8; got 9");
  CHECK(message_of<ValueError>([&] { conv(sized.get("input/0"), std::vector<std::int64_t>{9}); }) ==
        "[conv_transpose2d] output_size must name 2 or 4 sizes; got [9]");
  CHECK(Sequential(conv)->forward(sized.get("input/0")).sizes() == IntArrayRef({1, 3, 7, 7}));
}

TEST_CASE("norms compute what PyTorch's do, and keep the same statistics") {
  run("batch_norm1d", BatchNorm1d(3));
  run("batch_norm1d_3d", BatchNorm1d(BatchNorm1dOptions(3).eps(0.1).momentum(0.3)));
  run("batch_norm2d", BatchNorm2d(3));
  run("batch_norm2d_eval", evaluated(BatchNorm2d(3)));
  run("batch_norm2d_plain",
      evaluated(BatchNorm2d(BatchNorm2dOptions(3).affine(false).track_running_stats(false))));
  const Case cumulative("batch_norm2d_cumulative");
  BatchNorm2d norm(BatchNorm2dOptions(3).momentum(std::nullopt));
  cumulative.load(*norm);
  norm(cumulative.get("input/0"));
  cumulative.check(norm(cumulative.get("input/0")));
  cumulative.check(norm->running_var, "after/running_var");
  CHECK(norm->num_batches_tracked.item<int>() == 2);
  norm->reset_running_stats();
  CHECK(norm->num_batches_tracked.item<int>() == 0);
  run("layer_norm", LayerNorm(LayerNormOptions({3, 4})));
  run("layer_norm_plain", LayerNorm(LayerNormOptions({4}).eps(0.1).elementwise_affine(false)));
  run("group_norm", GroupNorm(2, 4));
}

TEST_CASE("pooling computes what PyTorch's does") {
  run("max_pool2d", MaxPool2d(MaxPool2dOptions(3).stride(2).padding(1).ceil_mode(true)));
  run("avg_pool2d", AvgPool2d(AvgPool2dOptions({2, 3}).count_include_pad(false).padding(1)));
  run("avg_pool2d_divisor", AvgPool2d(AvgPool2dOptions(2).divisor_override(3)));
  run("adaptive_avg_pool2d", AdaptiveAvgPool2d(AdaptiveAvgPool2dOptions({3, std::nullopt})));
}

TEST_CASE("embeddings compute what PyTorch's do") {
  run("embedding", Embedding(EmbeddingOptions(6, 3).padding_idx(2)));
  run("embedding_max_norm", Embedding(EmbeddingOptions(6, 3).max_norm(1.0)));
  const Embedding fresh(EmbeddingOptions(6, 3).padding_idx(-2));
  CHECK(fresh->weight[4].abs().sum().item<float>() == 0);
  CHECK(fresh->options.padding_idx() == 4);
  const Tensor table = arange(6, kFloat32).view({3, 2});
  Embedding pretrained = Embedding::from_pretrained(table);
  CHECK_FALSE(pretrained->weight.requires_grad());
  CHECK(pretrained(arange(3)).equal(table));
  CHECK(Embedding::from_pretrained(table, EmbeddingFromPretrainedOptions().freeze(false))
            ->weight.requires_grad());
}

TEST_CASE("activations compute what PyTorch's do") {
  run("relu", ReLU());
  run("relu6", ReLU6());
  run("leaky_relu", LeakyReLU(LeakyReLUOptions().negative_slope(0.3)));
  run("elu", ELU(ELUOptions().alpha(1.5)));
  run("selu", SELU());
  run("gelu", GELU());
  run("gelu_tanh", GELU(GELUOptions().approximate("tanh")));
  run("silu", SiLU());
  run("mish", Mish());
  run("softplus", Softplus(SoftplusOptions().beta(2).threshold(1)));
  run("sigmoid", Sigmoid());
  run("tanh", Tanh());
  run("hardtanh", Hardtanh(HardtanhOptions().min_val(-0.5).max_val(0.7)));
  run("hardsigmoid", Hardsigmoid());
  run("hardswish", Hardswish());
  run("softmax", Softmax(1));
  run("log_softmax", LogSoftmax(0));
}

TEST_CASE("activations can overwrite their input") {
  const auto check = [](auto module) {
    Tensor x = -ones({3});
    const Tensor y = module(x);
    CHECK(y.is_same(x));
  };
  check(ReLU(true));
  check(ReLU6(true));
  check(SELU(true));
  check(Hardsigmoid(true));
  check(Hardswish(true));
  check(LeakyReLU(LeakyReLUOptions().inplace(true)));
  check(ELU(ELUOptions().inplace(true)));
  check(Hardtanh(HardtanhOptions().inplace(true)));
  check(Dropout(DropoutOptions(0.5).inplace(true)));
}

TEST_CASE("losses compute what PyTorch's do") {
  const Tensor weight = Case("cross_entropy").get("param/weight");
  run_loss("cross_entropy",
           CrossEntropyLoss(
               CrossEntropyLossOptions().weight(weight).ignore_index(1).label_smoothing(0.1)));
  run_loss("nll_loss", NLLLoss(NLLLossOptions().reduction(kSum)));
  run_loss("mse_loss", MSELoss());
  run_loss("l1_loss", L1Loss(kNone));
  run_loss("smooth_l1_loss", SmoothL1Loss(SmoothL1LossOptions().beta(0.5)));
  run_loss("bce_loss", BCELoss());
  run_loss(
      "bce_with_logits_loss",
      BCEWithLogitsLoss(BCEWithLogitsLossOptions().pos_weight(full({1}, 2.0)).reduction(kSum)));
}

TEST_CASE("dropout drops in training only, and keeps the mean") {
  manual_seed(1);
  Dropout dropout(0.25);
  const Tensor x = ones({100, 100});
  const Tensor y = dropout(x);
  CHECK(y.mean().item<float>() == Approx(1).margin(0.03));
  CHECK(y.eq(0).sum().item<float>() == Approx(2500).margin(200));
  CHECK(y.max().item<float>() == Approx(4.0 / 3));
  dropout->eval();
  CHECK(dropout(x).equal(x));
  const Tensor channels = Dropout2d(0.5)(ones({10, 10, 3, 3}));
  const Tensor sums = channels.sum({2, 3});
  CHECK(sums.eq(0).logical_or(sums.eq(18)).all().item<bool>());
  CHECK(sums.eq(0).any().item<bool>());
}

TEST_CASE("layers start as PyTorch's do") {
  manual_seed(2);
  const Linear linear(400, 100);
  CHECK(linear->weight.abs().max().item<float>() <= 0.05F);
  CHECK(linear->weight.std().item<float>() == Approx(0.1 / std::sqrt(12.0)).epsilon(0.02));
  CHECK(linear->bias.abs().max().item<float>() <= 0.05F);
  CHECK(linear->bias.abs().max().item<float>() > 0.045F);
  const Conv2d conv(Conv2dOptions(16, 32, 5).groups(4));
  CHECK(conv->weight.sizes() == IntArrayRef({32, 4, 5, 5}));
  CHECK(conv->weight.abs().max().item<float>() <= 0.1F);
  CHECK(conv->weight.std().item<float>() == Approx(0.2 / std::sqrt(12.0)).epsilon(0.03));
  CHECK(conv->bias.abs().max().item<float>() <= 0.1F);
  const ConvTranspose2d transposed(6, 4, 3);
  CHECK(transposed->weight.sizes() == IntArrayRef({6, 4, 3, 3}));
  CHECK(transposed->weight.abs().max().item<float>() <= 1 / std::sqrt(36.0F));
  const Embedding embedding(300, 100);
  CHECK(embedding->weight.std().item<float>() == Approx(1).epsilon(0.02));
}

TEST_CASE("layers refuse options and inputs that make no sense") {
  CHECK(message_of<ValueError>([] { Conv2d(0, 4, 3); }) ==
        "[conv2d] in_channels, out_channels and groups must be positive; got 0, 4 and 1");
  CHECK(message_of<ValueError>([] { Conv1d(Conv1dOptions(3, 4, 3).groups(2)); }) ==
        "[conv1d] groups must divide in_channels and out_channels; got 2 groups of 3 and 4");
  CHECK(message_of<ValueError>([] { Conv2d(Conv2dOptions(3, 4, 3).padding(kSame).stride(2)); }) ==
        "[conv2d] padding kSame needs a stride of 1; got [2, 2]");
  CHECK(message_of<ValueError>([] {
          ConvTranspose2d(ConvTranspose2dOptions(3, 4, 3).padding_mode(kReflect));
        }) == "[conv_transpose2d] padding_mode must be kZeros; got kReflect");
  CHECK(message_of<ValueError>([] {
          Conv2dOptions(3, 4, {1, 2, 3});
        }) == "[expanding_array] expected 2 values; got 3");
  CHECK(message_of<ValueError>([] { Dropout(2.0); }) ==
        "[dropout] the probability must be between 0 and 1; got 2");
  CHECK(message_of<ValueError>([] {
          BatchNorm2d(2)(ones({2, 2}));
        }) == "[batch_norm2d] needs 4 dimensions; got [2, 2]");
  CHECK(message_of<ValueError>([] {
          BatchNorm1d(2)(ones({2, 2, 2, 2}));
        }) == "[batch_norm1d] needs 2 or 3 dimensions; got [2, 2, 2, 2]");
  CHECK(message_of<ValueError>([] {
          BatchNorm1d(2)(ones({1, 2}));
        }) == "[batch_norm] training needs more than 1 value per channel; got [1, 2]");
  CHECK(message_of<ValueError>([] { functional::batch_norm(ones({3}), Tensor(), Tensor()); }) ==
        "[batch_norm] needs at least 2 dimensions; got [3]");
  CHECK(message_of<ValueError>([] { Embedding(EmbeddingOptions(10, 2).padding_idx(30)); }) ==
        "[embedding] padding_idx must be within the 10 rows; got 30");
  CHECK(message_of<ValueError>([] {
          Embedding(EmbeddingOptions(10, 2)._weight(ones({2, 10})));
        }) == "[embedding] _weight must have shape [10, 2]; got [2, 10]");
  CHECK(message_of<ValueError>([] { Embedding::from_pretrained(ones({3})); }) ==
        "[embedding] a table has 2 dimensions; got [3]");
  CHECK(message_of<NotImplementedError>(
            [] { Embedding(EmbeddingOptions(10, 2).sparse(true))(arange(3)); }) ==
        "[embedding] has dense, unscaled gradients only; got sparse = true and "
        "scale_grad_by_freq = false");
  CHECK(message_of<ValueError>([] {
          functional::embedding(arange(2), ones({3, 2}),
                                functional::EmbeddingFuncOptions().padding_idx(3));
        }) == "[embedding] padding_idx must be within the 3 rows; got 3");
  CHECK(message_of<ValueError>([] {
          functional::dropout(ones({2}), functional::DropoutFuncOptions().p(-1));
        }) == "[dropout] the probability must be between 0 and 1; got -1");
}

TEST_CASE("functions do what the modules do") {
  namespace F = functional;
  const Tensor x = arange(12, kFloat32).view({1, 1, 3, 4});
  CHECK(F::one_hot(arange(2)).sizes() == IntArrayRef({2, 2}));
  CHECK(F::pad(x, F::PadFuncOptions({1, 1}).value(5))[0][0][0][0].item<float>() == 5);
  CHECK(F::pad(x, F::PadFuncOptions({1, 0, 0, 0}).mode(kReflect))[0][0][0][0].item<float>() == 1);
  CHECK(F::max_pool2d(x, F::MaxPool2dFuncOptions(2)).sizes() == IntArrayRef({1, 1, 1, 2}));
  CHECK(F::softmax(x, F::SoftmaxFuncOptions(-1).dtype(kFloat64)).dtype() == kFloat64);
  CHECK(F::dropout2d(x, F::Dropout2dFuncOptions().training(false)).equal(x));
  CHECK(F::mse_loss(x, x, kSum).item<float>() == 0);
}
