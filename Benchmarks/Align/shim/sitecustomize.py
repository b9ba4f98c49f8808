"""Lets AROSICS' libraries, written for GDAL 3.8, run with the GDAL of Debian 12: what they call that came later. Every process
of a benchmark that has this folder in PYTHONPATH loads it, those that joblib starts too."""
import contextlib

try:
    from osgeo import gdal, ogr
except ImportError:
    gdal = None

if gdal is not None and not hasattr(gdal, "config_options"):
    gdal.Dataset.__enter__ = ogr.DataSource.__enter__ = lambda self: self
    gdal.Dataset.__exit__ = lambda self, *error: self.FlushCache() and None
    ogr.DataSource.__exit__ = lambda self, *error: self.Destroy()

    @contextlib.contextmanager
    def config_options(options, thread_local=True):
        before = {name: gdal.GetConfigOption(name) for name in options}
        for name, value in options.items():
            gdal.SetConfigOption(name, value)
        try:
            yield
        finally:
            for name, value in before.items():
                gdal.SetConfigOption(name, value)

    gdal.config_options = config_options
