"""What the first request of a process would have waited for is there."""

from django.core.handlers.wsgi import WSGIRequest
from django.template import engines

from config.server.warm_up import TEMPLATES, warm_up
from storefront.http.probes import PROBES


def test_pages_are_compiled_and_a_probe_is_answered():
    # No database is allowed here, and the answer is closed.
    [loader] = engines["django"].engine.template_loaders
    loader.reset()
    closed = []

    class Answer(list):
        def close(self):
            closed.append(True)

    def application(environ, start_response):
        response = PROBES[WSGIRequest(environ).path_info](WSGIRequest(environ))
        start_response("200 OK", list(response.items()))
        return Answer([response.content])

    warm_up(application)
    assert set(TEMPLATES) <= set(loader.get_template_cache)
    assert closed == [True]
