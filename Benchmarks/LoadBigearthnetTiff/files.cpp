// The floor of the load-bigearthnet cases: what opening, reading and closing each file costs when nothing is done with its bytes.
//
// usage: load-bigearthnet-files FOLDER      prints "rate SAMPLES_A_SECOND"
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

static const char *const bands[] = {"B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B11", "B12"};

int main(int count, char **words) {
    if (count != 2) return 64;
    const std::string root = std::string(words[1]) + "/BigEarthNet-v1.0";
    std::vector<std::string> paths;
    for (const auto &folder : std::filesystem::directory_iterator(root)) {
        const std::string name = folder.path().filename();
        for (const char *band : bands) paths.push_back(name + "/" + name + "_" + band + ".tif");
    }
    std::sort(paths.begin(), paths.end());
    const int start_of_paths = open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    std::vector<char> memory(1 << 16);
    const auto read_all = [&] {
        for (const auto &path : paths) {
            const int file = openat(start_of_paths, path.c_str(), O_RDONLY | O_CLOEXEC);
            if (file < 0 || pread(file, memory.data(), memory.size(), 0) <= 0) exit(65);
            close(file);
        }
    };
    read_all(); // and all is in the cache
    const auto start = std::chrono::steady_clock::now();
    read_all();
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    std::printf("rate %f\n", paths.size() / 12 / seconds.count());
}
