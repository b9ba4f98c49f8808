"""A STAC API by stac-fastapi over items in memory, on a free port of loopback:   stac_api.py ITEMS.json

Its first line says where it is. Paging, validation of requests and of links is the library's; only the looking up is ours.
"""

import json
import socket
import sys

import attr
import uvicorn
from stac_fastapi.api.app import StacApi
from stac_fastapi.api.models import create_get_request_model, create_post_request_model
from stac_fastapi.extensions.pagination import TokenPaginationExtension
from stac_fastapi.extensions.query import QueryExtension
from stac_fastapi.types.config import ApiSettings
from stac_fastapi.types.core import BaseCoreClient
from stac_fastapi.types.errors import NotFoundError
from stac_fastapi.types.requests import get_base_url
from stac_fastapi.types.rfc3339 import rfc3339_str_to_datetime, str_to_interval
from stac_fastapi.types.search import BaseSearchPostRequest

COMPARISONS = {"lte": lambda a, b: a <= b, "lt": lambda a, b: a < b, "gte": lambda a, b: a >= b,
               "gt": lambda a, b: a > b, "eq": lambda a, b: a == b}


@attr.s
class Memory(BaseCoreClient):
    """Items in memory, two a page at most."""

    items: list = attr.ib(factory=list)
    page: int = attr.ib(default=2)

    def found(self, collections, bbox, datetime, query):
        if isinstance(datetime, str):
            datetime = str_to_interval(datetime)
        start, end = datetime if isinstance(datetime, tuple) else (datetime, datetime)
        for item in self.items:
            west, south, east, north = item["bbox"]
            when = rfc3339_str_to_datetime(item["properties"]["datetime"])
            if collections and item["collection"] not in collections:
                continue
            if bbox and not (west <= bbox[2] and east >= bbox[0] and south <= bbox[3] and north >= bbox[1]):
                continue
            if (start and when < start) or (end and when > end):
                continue
            if all(COMPARISONS[name](item["properties"][key], value)
                   for key, rule in (query or {}).items() for name, value in rule.items()):
                yield item

    def answer(self, found, limit, token, link):
        found, start = list(found), int(token or 0)
        end = start + min(limit or 10, self.page)
        links = [link(str(end))] if end < len(found) else []
        return {"type": "FeatureCollection", "features": found[start:end], "links": links}

    def post_search(self, search_request: BaseSearchPostRequest, **kwargs):
        address = get_base_url(kwargs["request"]) + "search"
        body = search_request.model_dump(mode="json", exclude_none=True)
        found = self.found(search_request.collections, search_request.bbox, search_request.datetime,
                           search_request.query)
        return self.answer(found, search_request.limit, search_request.token, lambda token: {
            "rel": "next", "type": "application/geo+json", "method": "POST", "href": address,
            "body": {**body, "token": token}})

    def get_search(self, collections=None, bbox=None, datetime=None, limit=10, token=None, query=None, **kwargs):
        request = kwargs["request"]
        found = self.found(collections, bbox, datetime, json.loads(query) if query else None)
        return self.answer(found, limit, token, lambda token: {
            "rel": "next", "type": "application/geo+json", "method": "GET",
            "href": str(request.url.include_query_params(token=token))})

    def get_item(self, item_id, collection_id, **kwargs):
        for item in self.items:
            if (item["id"], item["collection"]) == (item_id, collection_id):
                return item
        raise NotFoundError(item_id)

    def all_collections(self, **kwargs):
        return {"collections": [], "links": []}

    def get_collection(self, collection_id, **kwargs):
        raise NotFoundError(collection_id)

    def item_collection(self, collection_id, bbox=None, datetime=None, limit=10, token=None, **kwargs):
        return self.get_search([collection_id], bbox, datetime, limit, token, **kwargs)


def main(path):
    extensions = [QueryExtension(), TokenPaginationExtension()]
    api = StacApi(
        settings=ApiSettings(), client=Memory(items=json.load(open(path))), extensions=extensions,
        search_get_request_model=create_get_request_model(extensions),
        search_post_request_model=create_post_request_model(extensions))
    door = socket.socket()
    door.bind(("127.0.0.1", 0))
    print(f"http://127.0.0.1:{door.getsockname()[1]}", flush=True)
    uvicorn.Server(uvicorn.Config(api.app, log_level="warning")).run(sockets=[door])


if __name__ == "__main__":
    main(sys.argv[1])
