"""Words for browsers and systems."""

from fieldservice.accounts.browsers import browser_of
from fieldservice.core.i18n import gettext as _
from fieldservice.core.i18n import lazy_gettext as _l

_APPS = {
    "wecom": _l("WeCom"), "wechat": _l("WeChat"), "dingtalk": _l("DingTalk"), "alipay": _l("Alipay"),
    "weibo": _l("Weibo"), "feishu": _l("Feishu"), "douyin": _l("Douyin or Toutiao"), "baidu": _l("the Baidu app"),
    "qq": _l("QQ"), "other": _l("another app"),
}
_BROWSERS = {"edge": "Edge", "samsung": _l("Samsung browser"), "huawei": _l("Huawei browser"),
             "xiaomi": _l("Xiaomi browser"), "qqbrowser": _l("QQ browser"), "firefox": "Firefox", "chrome": "Chrome",
             "safari": "Safari"}
_SYSTEMS = {"ios": "iPhone", "harmony": _l("HarmonyOS"), "android": "Android", "windows": "Windows", "mac": "Mac",
            "linux": "Linux"}


def app_word(in_app: str) -> str:
    """The app a browser is part of."""
    return str(_APPS[in_app])


def browser_words(user_agent: str) -> str:
    """'Chrome · Android'; what is not known is said to be so."""
    found = browser_of(user_agent)
    parts = [_APPS.get(found.in_app) or _BROWSERS.get(found.name), _SYSTEMS.get(found.system)]
    return " · ".join(str(part) for part in parts if part) or _("Unknown browser")
