#include "schemas/form.h"
#include "tests/fuzz/input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hookledger;
  const std::string_view text = as_text(data, size);
  const auto form = parse_form(text);
  if (!form) return 0;
  require(form->size() <= kFormParametersMax, "a form is bounded");
  std::size_t bytes = 0;
  for (const FormParameter& parameter : *form) bytes += parameter.name.size() + parameter.value.size();
  require(bytes <= text.size(), "decoding makes nothing longer");
  const auto twice = parse_form(std::string(text) + "&" + std::string(text));
  require(twice ? twice->size() == 2 * form->size() : 2 * form->size() > kFormParametersMax,
          "parameters do not hang on their neighbours");
  return 0;
}
