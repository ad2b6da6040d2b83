from __future__ import annotations

import pytest

from tests.realtime.wire.test_masking import SECRETS
from voice_widget.page.failures import page_error


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("code", ["post_refused", "unheard_of"])
def test_what_a_page_reports_is_masked_as_what_a_service_says(code: str, secret: str):
    for detail in (f"401 {secret} is wrong", f"{'x' * 290} {secret}"):
        told = str(page_error(code, detail).info())
        told = told.replace("Bearer …", "")
        assert secret[:12] not in told
