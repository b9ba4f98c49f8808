// The peer of the torch-step benchmark: a ResNet-34 training step in plain C++ libtorch.
// usage: peer PRECISION(fp32|bf16) THREADS WARMUP STEPS      prints the seconds of each step, then the last loss
#include <torch/torch.h>
#include <ATen/autocast_mode.h>

#include <chrono>
#include <cstdio>
#include <string>

namespace {

using torch::Tensor;
namespace nn = torch::nn;

nn::Conv2d convolution(int in, int out, int kernel, int stride) {
  return nn::Conv2d(nn::Conv2dOptions(in, out, kernel).stride(stride).padding(kernel / 2).bias(false));
}

struct BasicBlockImpl : nn::Module {
  nn::Conv2d conv1, conv2;
  nn::BatchNorm2d bn1, bn2;
  nn::Sequential downsample{nullptr};

  BasicBlockImpl(int in, int out, int stride)
      : conv1(convolution(in, out, 3, stride)), conv2(convolution(out, out, 3, 1)), bn1(out), bn2(out) {
    register_module("conv1", conv1);
    register_module("bn1", bn1);
    register_module("conv2", conv2);
    register_module("bn2", bn2);
    if (stride != 1 || in != out)
      downsample = register_module("downsample", nn::Sequential(convolution(in, out, 1, stride), nn::BatchNorm2d(out)));
  }

  Tensor forward(const Tensor& x) {
    Tensor out = torch::relu(bn1(conv1(x)));
    out = bn2(conv2(out));
    return torch::relu(out + (downsample.is_empty() ? x : downsample->forward(x)));
  }
};
TORCH_MODULE(BasicBlock);

struct ResNet34 : nn::Module {
  nn::Conv2d conv1;
  nn::BatchNorm2d bn1;
  nn::Sequential layers;
  nn::Linear fc;

  ResNet34(int bands, int classes)
      : conv1(nn::Conv2dOptions(bands, 64, 7).stride(2).padding(3).bias(false)), bn1(64), fc(512, classes) {
    register_module("conv1", conv1);
    register_module("bn1", bn1);
    const int blocks[] = {3, 4, 6, 3};
    int in = 64;
    for (int stage = 0; stage < 4; ++stage)
      for (int block = 0; block < blocks[stage]; ++block) {
        const int out = 64 << stage;
        layers->push_back(BasicBlock(in, out, stage > 0 && block == 0 ? 2 : 1));
        in = out;
      }
    register_module("layers", layers);
    register_module("fc", fc);
  }

  Tensor forward(const Tensor& x) {
    Tensor out = torch::max_pool2d(torch::relu(bn1(conv1(x))), 3, 2, 1);
    out = layers->forward(out);
    return fc(out.mean({2, 3}));
  }
};

double step(ResNet34& model, torch::optim::SGD& optimizer, const Tensor& images, const Tensor& labels, bool bf16, double& loss) {
  const auto start = std::chrono::steady_clock::now();
  at::autocast::set_autocast_enabled(at::kCPU, bf16);
  Tensor value = torch::cross_entropy_loss(model.forward(images), labels);
  at::autocast::set_autocast_enabled(at::kCPU, false);
  at::autocast::clear_cache();
  optimizer.zero_grad();
  value.backward();
  optimizer.step();
  loss = value.item<double>();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fprintf(stderr, "usage: %s fp32|bf16 THREADS WARMUP STEPS\n", argv[0]);
    return 64;
  }
  const bool bf16 = std::string(argv[1]) == "bf16";
  const int warmup = std::stoi(argv[3]), steps = std::stoi(argv[4]);
  at::set_num_threads(std::stoi(argv[2]));
  at::autocast::set_autocast_dtype(at::kCPU, at::kBFloat16);
  torch::manual_seed(1);

  ResNet34 model(13, 19);
  torch::optim::SGD optimizer(model.parameters(), torch::optim::SGDOptions(0.01).momentum(0.9).weight_decay(1e-4));
  const Tensor images = torch::randn({32, 13, 96, 96});
  const Tensor labels = torch::randint(19, {32}, torch::kLong);

  double loss = 0;
  for (int index = 0; index < warmup + steps; ++index) {
    const double seconds = step(model, optimizer, images, labels, bf16, loss);
    if (index >= warmup) std::printf("%.6f\n", seconds);
  }
  std::printf("loss %.6f\n", loss);
}
