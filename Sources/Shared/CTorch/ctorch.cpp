#include "ctorch.h"
#include <ATen/Parallel.h>
int ctorch_threads(void) { return at::get_num_threads(); }
