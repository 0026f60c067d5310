// Classes of modules that can be made again from their name and options: what files and generated
// code say of a module that the graph calls.
#pragma once
#include <sinter/nn/module.h>
#include <sinter/ops/attrs.h>

#include <memory>
#include <string>
#include <string_view>
#include <typeinfo>
#include <vector>

namespace sinter::graph {

// One setting of a module's options.
struct LeafOption {
  std::string name;      // "stride"
  ops::AttrValue value;  // a list for a kernel size, a text for a choice: "kReflect"
  std::string code;      // as it is written in C++: "{2, 2}"
};
using LeafOptions = std::vector<LeafOption>;

struct LeafClass {
  const char* name;            // of the holder: "sinter::nn::Conv2d"
  const std::type_info* type;  // of the class held
  // "sinter::nn::Conv2dOptions", and how many settings its constructor takes; the others are set by
  // name. nullptr for a class without options.
  const char* options_type;
  std::size_t positional;
  // The options of a module of the class, in the order of the struct.
  LeafOptions (*options)(const nn::Module& module);
  // A module with these options; what is not named keeps its default. Throws ValueError for an
  // unknown name, TypeError for a value of the wrong kind, and what the constructor throws.
  std::shared_ptr<nn::Module> (*make)(const LeafOptions& options);
};

// The class of a module, or of that holder; nullptr where it is not known. Derived classes are not
// their base.
const LeafClass* find_leaf_class(const nn::Module& module);
const LeafClass* find_leaf_class(std::string_view name);
// Adds a class for the rest of the program; the layers of sinter::nn are there from the start.
// Throws ValueError where the name is taken.
void register_leaf_class(const LeafClass& leaf);

// Makes a module whose parameters and buffers are fake: it has no elements and takes no random
// numbers. To be filled by set_data().
std::shared_ptr<nn::Module> make_fake_leaf(const LeafClass& leaf, const LeafOptions& options);

// How a module is made in C++: "sinter::nn::Linear(sinter::nn::LinearOptions(4, 2).bias(false))".
// What has its default value is left out.
std::string leaf_code(const LeafClass& leaf, const LeafOptions& options);

}  // namespace sinter::graph
