import time

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from try_out.codes import PERIOD, find_code, find_sample_people


@login_not_required
@require_GET
def codes(request: HttpRequest) -> HttpResponse:
    """Show the sample people's one-time codes of this half minute."""
    if not settings.SAMPLES:
        raise Http404
    people = [
        {"person": person, "posts": person.current_appointments, "code": find_code(person)}
        for person in find_sample_people()
    ]
    left = PERIOD - int(time.time()) % PERIOD
    answer = render(request, "try_out/codes.html", {"people": people, "left": left})
    answer["Refresh"] = str(left)
    return answer
