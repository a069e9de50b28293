# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""GetCapabilities documents: small, but enough for real clients."""

from __future__ import annotations

from collections.abc import Callable

_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_XLINK = 'xmlns:xlink="http://www.w3.org/1999/xlink"'


def _wms(title: str, layer: str, address: str, version: str) -> str:
    return _wms_111(title, layer, address) if version.startswith("1.1") else _wms_130(title, layer, address)


def _requests(address: str, capabilities: str) -> str:
    resource = f'<OnlineResource {_XLINK} xlink:type="simple" xlink:href="{address}"/>'
    link = f"<DCPType><HTTP><Get>{resource}</Get></HTTP></DCPType>"
    return (
        f"<Request><GetCapabilities><Format>{capabilities}</Format>{link}</GetCapabilities>"
        f"<GetMap><Format>image/png</Format>{link}</GetMap></Request>"
    )


def _wms_111(title: str, layer: str, address: str) -> str:
    return _HEAD + (
        f'<WMT_MS_Capabilities version="1.1.1"><Service><Name>OGC:WMS</Name><Title>{title}</Title>'
        f'<OnlineResource {_XLINK} xlink:type="simple" xlink:href="{address}"/></Service>'
        f"<Capability>{_requests(address, 'application/vnd.ogc.wms_xml')}"
        "<Exception><Format>application/vnd.ogc.se_xml</Format></Exception>"
        f"<Layer><Title>{title}</Title><SRS>EPSG:3857</SRS><SRS>EPSG:4326</SRS>"
        '<LatLonBoundingBox minx="-180" miny="-85" maxx="180" maxy="85"/>'
        f'<Layer queryable="0"><Name>{layer}</Name><Title>{title}</Title>'
        '<LatLonBoundingBox minx="-180" miny="-85" maxx="180" maxy="85"/></Layer>'
        "</Layer></Capability></WMT_MS_Capabilities>"
    )


def _wms_130(title: str, layer: str, address: str) -> str:
    bounds = (
        "<EX_GeographicBoundingBox><westBoundLongitude>-180</westBoundLongitude>"
        "<eastBoundLongitude>180</eastBoundLongitude><southBoundLatitude>-85</southBoundLatitude>"
        "<northBoundLatitude>85</northBoundLatitude></EX_GeographicBoundingBox>"
    )
    return _HEAD + (
        f'<WMS_Capabilities xmlns="http://www.opengis.net/wms" version="1.3.0"><Service><Name>WMS</Name>'
        f'<Title>{title}</Title><OnlineResource {_XLINK} xlink:type="simple" xlink:href="{address}"/></Service>'
        f"<Capability>{_requests(address, 'text/xml')}<Exception><Format>XML</Format></Exception>"
        f"<Layer><Title>{title}</Title><CRS>EPSG:3857</CRS><CRS>EPSG:4326</CRS>{bounds}"
        f'<Layer queryable="0"><Name>{layer}</Name><Title>{title}</Title>{bounds}</Layer>'
        "</Layer></Capability></WMS_Capabilities>"
    )


def _wmts(title: str, layer: str, address: str, version: str) -> str:
    return _HEAD + (
        '<Capabilities xmlns="http://www.opengis.net/wmts/1.0" '
        'xmlns:ows="http://www.opengis.net/ows/1.1" version="1.0.0">'
        f"<Contents><Layer><ows:Title>{title}</ows:Title><ows:Identifier>{layer}</ows:Identifier>"
        '<Style isDefault="true"><ows:Identifier>default</ows:Identifier></Style><Format>image/png</Format>'
        "<TileMatrixSetLink><TileMatrixSet>GoogleMapsCompatible</TileMatrixSet></TileMatrixSetLink></Layer></Contents>"
        f'<ServiceMetadataURL {_XLINK} xlink:href="{address}"/></Capabilities>'
    )


def _wfs(title: str, layer: str, address: str, version: str) -> str:
    return _HEAD + (
        '<wfs:WFS_Capabilities xmlns:wfs="http://www.opengis.net/wfs/2.0" version="2.0.0"><wfs:FeatureTypeList>'
        f"<wfs:FeatureType><wfs:Name>{layer}</wfs:Name><wfs:Title>{title}</wfs:Title></wfs:FeatureType>"
        "</wfs:FeatureTypeList></wfs:WFS_Capabilities>"
    )


def _wcs(title: str, layer: str, address: str, version: str) -> str:
    return _HEAD + (
        '<wcs:Capabilities xmlns:wcs="http://www.opengis.net/wcs/2.0" version="2.0.1"><wcs:Contents>'
        f"<wcs:CoverageSummary><wcs:CoverageId>{layer}</wcs:CoverageId></wcs:CoverageSummary>"
        "</wcs:Contents></wcs:Capabilities>"
    )


DOCUMENTS: dict[str, Callable[[str, str, str, str], str]] = {
    "wms": _wms,
    "wmts": _wmts,
    "wfs": _wfs,
    "wcs": _wcs,
}
