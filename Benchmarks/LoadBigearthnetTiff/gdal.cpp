// The peer of the load-bigearthnet cases that has no Python in it: every file opened and read through GDAL's C API.
//
// usage: load-bigearthnet-gdal FOLDER native|float      prints "rate SAMPLES_A_SECOND" and, of native sizes, "sum PIXELS"
#include <gdal.h>
#include <cpl_conv.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

static const char *const bands[] = {"B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B11", "B12"};

int main(int count, char **words) {
    if (count != 3) return 64;
    const bool is_native = std::string(words[2]) == "native";
    GDALAllRegister();
    CPLSetConfigOption("GDAL_DISABLE_READDIR_ON_OPEN", "EMPTY_DIR");
    const char *const drivers[] = {"GTiff", nullptr};
    std::vector<std::vector<std::string>> patches;
    for (const auto &folder : std::filesystem::directory_iterator(std::string(words[1]) + "/BigEarthNet-v1.0")) {
        const std::string name = folder.path().filename();
        patches.emplace_back();
        for (const char *band : bands) patches.back().push_back(folder.path().string() + "/" + name + "_" + band + ".tif");
    }
    std::vector<uint16_t> native(120 * 120);
    std::vector<float> planes(12 * 120 * 120);
    const auto read = [&](const std::vector<std::string> &patch, bool adds) {
        uint64_t sum = 0;
        for (size_t band = 0; band < patch.size(); band++) {
            GDALDatasetH file = GDALOpenEx(patch[band].c_str(), GDAL_OF_RASTER | GDAL_OF_READONLY, drivers, nullptr, nullptr);
            if (!file) exit(65);
            const int side = GDALGetRasterXSize(file);
            CPLErr status;
            if (is_native) {
                status = GDALRasterIO(GDALGetRasterBand(file, 1), GF_Read, 0, 0, side, side, native.data(), side, side, GDT_UInt16, 0, 0);
                if (adds) for (int at = 0; at < side * side; at++) sum += native[at];
            } else {
                GDALRasterIOExtraArg extra;
                INIT_RASTERIO_EXTRA_ARG(extra);
                extra.eResampleAlg = GRIORA_Bilinear;
                status = GDALRasterIOEx(GDALGetRasterBand(file, 1), GF_Read, 0, 0, side, side, planes.data() + band * 14400, 120, 120,
                                        GDT_Float32, 0, 0, &extra);
            }
            if (status != CE_None) exit(65);
            GDALClose(file);
        }
        return sum;
    };
    uint64_t sum = 0;
    for (const auto &patch : patches) sum += read(patch, true); // and all is in the cache
    const auto start = std::chrono::steady_clock::now();
    for (const auto &patch : patches) read(patch, false);
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    std::printf("rate %f\n", patches.size() / seconds.count());
    if (is_native) std::printf("sum %llu\n", static_cast<unsigned long long>(sum));
}
