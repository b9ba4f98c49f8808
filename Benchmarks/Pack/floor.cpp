// The floor of the pack case: the same files opened, read and closed, and as many bytes written as a store has; nothing is done with them.
//
// usage: pack-floor read|write|both FOLDER FILE PATCHES THREADS      prints the seconds
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

static const char *const bands[] = {"B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B11", "B12"};
static constexpr size_t record = 40 * 4096, piece = 50 * record; // 160,000 bytes of pixels and a head, in whole pages

static void read_all(int root, const std::vector<std::string> &patches, std::atomic<size_t> &next) {
    std::vector<char> memory(1 << 16);
    for (size_t at; (at = next++) < patches.size();)
        for (const char *band : bands) {
            const std::string path = patches[at] + "/" + patches[at] + "_" + band + ".tif";
            const int file = openat(root, path.c_str(), O_RDONLY | O_CLOEXEC);
            if (file < 0 || pread(file, memory.data(), memory.size(), 0) <= 0) exit(66);
            close(file);
        }
}

static void write_all(const char *path, size_t count) {
    char *memory = static_cast<char *>(aligned_alloc(4096, piece));
    memset(memory, 1, piece);
    const int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (file < 0) exit(73);
    fcntl(file, F_SETFL, fcntl(file, F_GETFL) | O_DIRECT);
    for (size_t at = 0, end = count * record; at < end; at += piece) {
        const size_t length = std::min(piece, end - at);
        if (pwrite(file, memory, length, at) != static_cast<ssize_t>(length)) exit(74);
    }
    if (fdatasync(file) != 0) exit(74);
    close(file);
}

int main(int count, char **words) {
    if (count != 6) return 64;
    const std::string what = words[1], folder = std::string(words[2]) + "/BigEarthNet-v1.0";
    std::vector<std::string> patches;
    for (const auto &entry : std::filesystem::directory_iterator(folder)) patches.push_back(entry.path().filename());
    std::sort(patches.begin(), patches.end());
    const int root = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    std::atomic<size_t> next{0};
    const auto start = std::chrono::steady_clock::now();
    std::vector<std::thread> threads;
    if (what != "write")
        for (int thread = 0; thread < atoi(words[5]); thread++) threads.emplace_back([&] { read_all(root, patches, next); });
    if (what != "read") write_all(words[3], strtoul(words[4], nullptr, 10));
    for (auto &thread : threads) thread.join();
    std::printf("%f\n", std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
}
